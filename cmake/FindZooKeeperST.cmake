# Finds the single-threaded ZooKeeper C client, libzookeeper_st.
#
# Defines the imported target ZooKeeper::st, and ZooKeeperST_VERSION. The package ships no CMake
# files of its own. Nothing here defines THREADED: with it the header would declare the other,
# multi-threaded client, whose structures differ.

find_path(ZooKeeperST_INCLUDE_DIR zookeeper/zookeeper.h)
find_library(ZooKeeperST_LIBRARY zookeeper_st)
mark_as_advanced(ZooKeeperST_INCLUDE_DIR ZooKeeperST_LIBRARY)

# 3.5 to 3.7 spell the version as three numbers, later releases as one string.
set(zk_version_header "${ZooKeeperST_INCLUDE_DIR}/zookeeper/zookeeper_version.h")
if(EXISTS "${zk_version_header}")
    file(STRINGS "${zk_version_header}" zk_version_lines REGEX "define ZOO_([A-Z]+_)?VERSION ")
    string(REGEX MATCHALL "VERSION +\"?[0-9.]+" zk_version_parts "${zk_version_lines}")
    list(TRANSFORM zk_version_parts REPLACE "VERSION +\"?" "")
    list(JOIN zk_version_parts "." ZooKeeperST_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    ZooKeeperST
    REQUIRED_VARS ZooKeeperST_LIBRARY ZooKeeperST_INCLUDE_DIR
    VERSION_VAR ZooKeeperST_VERSION
    REASON_FAILURE_MESSAGE "install libzookeeper-st-dev, or build ZooKeeper's C client")

if(ZooKeeperST_FOUND AND NOT TARGET ZooKeeper::st)
    add_library(ZooKeeper::st UNKNOWN IMPORTED)
    set_target_properties(
        ZooKeeper::st
        PROPERTIES IMPORTED_LOCATION "${ZooKeeperST_LIBRARY}"
                   INTERFACE_INCLUDE_DIRECTORIES "${ZooKeeperST_INCLUDE_DIR}")
endif()
