#pragma once

/// One chaos run, from starting the servers to the verdict.

#include "test/chaos/driver_options.hpp"

#include <memory>

namespace paddock::test {

class chaos_ensemble;

/// What a run needs of its surroundings.
struct run_places {
    std::filesystem::path folder; ///< for sockets, histories and logs
    std::filesystem::path client_program;
};

/// Hurts `servers` and their clients as the options say, and judges what the clients recorded.
///
/// Prints progress and the verdict. Returns whether everything was as promised.
/// Errors: `interrupted` when somebody asked for the end; what the ensemble throws.
bool run_chaos(const driver_options& options, chaos_ensemble& servers, const run_places& places);

/// Somebody asked for the end, by SIGINT or SIGTERM.
struct interrupted {};

/// Makes SIGINT and SIGTERM end the run at the next step instead of the process at once.
void catch_interrupts();

} // namespace paddock::test
