#pragma once

/// The command line of the chaos driver.

#include "test/chaos/client_options.hpp"
#include "test/chaos/fault_plan.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace paddock::test {

struct driver_options {
    std::chrono::seconds length{60};
    std::uint64_t seed = 0; ///< zero: drawn and printed
    bool on_docker = false;
    std::size_t clients = 4;
    client_options client; ///< what all clients have in common
    std::chrono::milliseconds tick{500};
    double grants_per_second_min = 167; ///< a hundred thousand in ten minutes; less shows nothing
    std::filesystem::path report{};     ///< of the picture; empty: none
    std::filesystem::path keep{}; ///< where histories go; empty: kept only if there is a violation
    std::set<std::string> faults{}; ///< names of `fault_kind`s; empty: all
};

/// What was asked for by a wrong word, with the usage.
class bad_usage : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Errors: `bad_usage`.
driver_options parse_driver_options(const std::vector<std::string>& words);

} // namespace paddock::test
