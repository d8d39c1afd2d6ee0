# Builds the library with a planted bug: its one changed source takes the place of the original.
# Included only when PADDOCK_MUTANT names one. See mutants.txt, and scripts/mutants for the run.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
message(WARNING "PADDOCK_MUTANT: this build has the planted bug ${PADDOCK_MUTANT}; never use it")

set(mutant_folder "${PROJECT_BINARY_DIR}/mutant")
execute_process(
    COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_LIST_DIR}/apply.py" "${PADDOCK_MUTANT}"
            --output "${mutant_folder}"
    OUTPUT_VARIABLE mutant_source
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set_property(
    DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/mutants.txt"
                              "${PROJECT_SOURCE_DIR}/${mutant_source}")

get_target_property(mutant_sources paddock SOURCES)
list(REMOVE_ITEM mutant_sources "${mutant_source}" "${PROJECT_SOURCE_DIR}/${mutant_source}")
set_target_properties(
    paddock PROPERTIES SOURCES "${mutant_sources};${mutant_folder}/${mutant_source}")

set(PADDOCK_INSTALL OFF) # nobody shall find it installed
