#pragma once

/// The picture of a chaos run: faults as bars under the grants of each second.

#include "test/chaos/fault_runner.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace paddock::test {

struct timeline {
    std::string title;
    std::vector<std::uint64_t> grants; ///< of each second of the run
    std::vector<std::uint64_t> losses; ///< the same
    std::vector<done_fault> faults;
};

/// The picture, as SVG. Pure.
std::string to_svg(const timeline& run);

} // namespace paddock::test
