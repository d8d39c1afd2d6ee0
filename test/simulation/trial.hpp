#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paddock::simulation {

/// What one seed does, and what came of it.
struct outcome {
    std::uint64_t seed{0};
    std::optional<std::string> violation;
    std::uint64_t trace_hash{0};
    std::string workload;
    std::vector<std::string> faults; ///< that were begun, in order
    std::vector<std::string> hits;   ///< of these, those that met somebody
    std::uint64_t operations{0};
    std::uint64_t grants{0};
    std::uint64_t retaken{0}; ///< grants of retained keys, by who lived to the end
    bool retains{false};
    std::uint64_t batched{0}; ///< contenders made and removed together with others
    std::uint64_t losses{0};
    std::uint64_t events{0};
    double virtual_seconds{0};
    /// Between the end of a belief and what the leader may do, at the least, in time-outs.
    double least_margin{1};
};

struct trial_options {
    /// Calls of the library that a trial makes at the least.
    std::uint64_t operations{2'000};
    /// Only these; empty: drawn.
    std::string workload{};
    std::string fault{};
    /// The trace, line by line; empty: none.
    std::function<void(std::string)> narrator{};
};

/// Runs the production session and recipes under the workload and the faults that the seed draws,
/// until all is at rest, and judges.
///
/// The same seed and options give the same trace hash. Threads: any, one trial each.
outcome run_trial(std::uint64_t seed, const trial_options& options);

} // namespace paddock::simulation
