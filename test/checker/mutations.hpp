#pragma once

/// Ways to spoil a good history, each in one place of many.

#include "test/checker/history.hpp"
#include "test/checker/rules.hpp"
#include "test/unit/chance.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace paddock::checker {

struct mutation {
    std::string_view name;
    std::vector<rule> broken; ///< at least one of these is broken afterwards

    /// Spoils the events, which are sorted by time; false when there is no place for it.
    std::function<bool(std::vector<event>&, test::chance&)> apply;
};

/// All mutations, for histories of make_good_history().
const std::vector<mutation>& mutations();

/// The history with one mutation, in a random place; none where it has no place.
std::optional<history> spoil(const history& good, const mutation& how, test::chance& random);

} // namespace paddock::checker
