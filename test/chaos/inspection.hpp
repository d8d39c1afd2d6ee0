#pragma once

/// A look at an ensemble from outside.

#include "test/chaos/chaos_ensemble.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>

namespace paddock::test {

/// Whether every server serves, and one of them leads.
bool is_well(chaos_ensemble& servers);

/// What is left in an ensemble when nobody wants anything of it.
struct remains {
    std::set<std::string> contenders; ///< paths
    std::size_t watches = 0;

    bool none() const { return contenders.empty() && watches == 0; }
};

/// Nothing when a server does not answer.
std::optional<remains> look_for_remains(const chaos_ensemble& servers);

/// What each server says of itself, its sessions, their nodes and its watches, for people.
std::string describe(const chaos_ensemble& servers);

/// The key of a contender's path, as it stands there.
std::string key_in(const std::string& contender);

} // namespace paddock::test
