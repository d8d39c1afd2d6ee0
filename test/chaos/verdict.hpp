#pragma once

/// The end of a chaos run: the checker's judgement of all histories.

#include "test/chaos/fault_runner.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace paddock::test {

struct evidence {
    std::filesystem::path folder; ///< with the histories, `*.history`
    std::filesystem::path keep;   ///< as in `driver_options`
    std::uint64_t seed = 0;
    double grants_min = 0;
    std::chrono::milliseconds recovery{0}; ///< as in `checker::rules`
    std::vector<done_fault> faults;
    std::vector<std::string> failures; ///< what is wrong beside the histories
};

/// How long a key may be wanted and not held in calm. A hand-over takes milliseconds; this is for a
/// machine that is short of cores.
inline constexpr std::chrono::milliseconds idle_limit{2'000};

/// Prints the faults, the numbers and the violations; returns whether there are none.
///
/// Histories and logs are copied to `keep`; when that is empty, they are copied to
/// `build/chaos-failed-SEED` if something is wrong.
bool judge(const evidence& of);

} // namespace paddock::test
