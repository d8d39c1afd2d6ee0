#pragma once

#include "test/simulation/program.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace paddock::simulation {

/// Everything a fault may lay hands on.
struct stage {
    world& where;
    network& net;
    ensemble& servers;
    request_faults& requests;
    witness& seen;
    std::vector<std::unique_ptr<program>>& programs;
    /// Puts a new program in the place of a dead one.
    std::function<void(std::size_t)> replace;
    random_source& chance;
    nanoseconds timeout; ///< of the sessions
    std::string root;
    /// Of the fault that begins: set by one that may find nobody to hurt when it has.
    std::shared_ptr<bool> hit{};
    bool calm{false}; ///< faults are over: what one had planned for later does not happen
};

/// What can go wrong.
struct fault {
    std::string_view name;
    /// Begins it; what comes back ends it, or is empty if it ends by itself.
    std::function<void()> (*begin)(stage&);
    /// How long it lasts at most, in thousandths of the session time-out.
    int lasts_max;
    bool may_miss{false}; ///< it says itself whether it hit anything
};

const std::vector<fault>& faults();

} // namespace paddock::simulation
