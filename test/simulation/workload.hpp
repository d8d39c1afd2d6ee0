#pragma once

#include "test/simulation/world.hpp"

#include <string_view>
#include <vector>

namespace paddock::simulation {

/// What the programs of a trial do. Times are shares of the session time-out in 1/1000.
struct workload {
    std::string_view name;
    std::size_t processes{4};
    std::size_t sessions_each{1};
    std::size_t workers_each{4};
    std::uint64_t keys{1};

    int think_max{100};
    int hold_max{20};
    int beat{0}; ///< workers go on together, at multiples of this

    // Of a hundred attempts:
    int look_once{0};        ///< `try_lock`
    int limited{0};          ///< `try_lock_for`
    int cancelled{0};        ///< cancelled while they wait, or later
    int verified{0};         ///< asked the ensemble before they write
    int write_late{20};      ///< let go while their last write is on its way
    int kept{2};             ///< held until lost or for very long
    int sessions_renewed{0}; ///< the worker's session is closed and another opened

    bool cancels_totally{false}; ///< and not in the other ways
    int ends_cancelled{0};       ///< of verifications, releases and waits for a loss

    int limit_max{300};
    int max_hold{0}; ///< of the lock; 0: none
    int retain_for{0};
    std::size_t retained_max{1'000};
    unsigned handoffs_max{0};

    int lasts{8}; ///< time-outs in which faults begin

    /// Its processes do little, so another, with keys of its own, keeps the servers busy.
    bool has_neighbour{false};
};

/// All of them, each against every fault.
const std::vector<workload>& workloads();

/// What the neighbour of quiet processes does.
const workload& neighbour();

} // namespace paddock::simulation
