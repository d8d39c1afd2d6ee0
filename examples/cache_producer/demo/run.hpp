#pragma once

#include "demo/report.hpp"
#include "demo/traffic.hpp"

#include <filesystem>
#include <stop_token>

namespace cache_producer {

struct run_config {
    traffic_config plan;
    bool locking{true};
    bool fencing{true};
    unsigned workers{8}; ///< of each instance
    std::filesystem::path producer;
    std::filesystem::path ensemble_script{"scripts/ensemble"};
    std::filesystem::path folder; ///< for logs and stores; exists
};

/// Starts the servers and the producers, makes the traffic, injects the faults, stops the producers
/// and audits what is left. Whatever happens, nothing it started runs on.
///
/// Threads: the first of the process (see `child_process`).
/// Errors: `std::runtime_error`, if the run could not be made; `interrupted`.
run_summary run_demo(const run_config& config, const std::stop_token& stop);

} // namespace cache_producer
