#pragma once

#include "audit.hpp"
#include "demo/faults.hpp"
#include "demo/traffic.hpp"

#include <cstdint>
#include <string>

namespace cache_producer {

/// All that is said about a run.
struct run_summary {
    bool locking{true};
    bool fencing{true};
    traffic_config plan;
    traffic_counts traffic;
    int instances{0};
    fault_results faults;
    std::size_t unacked{0};
    std::size_t dead_letters{0};
    std::size_t orphans{0};
    double traffic_seconds{0}; ///< from the first change to the last acknowledgement
    double seconds{0};         ///< the whole run, servers' start and audit included
    std::string picture;
    double peak_per_second{0};
    audit_report audit;
};

std::string as_table(const run_summary& run);
std::string as_json(const run_summary& run); ///< one line

} // namespace cache_producer
