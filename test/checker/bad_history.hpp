#pragma once

/// A good history with one thing changed, and what the checker has to say to it.

#include "test/checker/situations.hpp"

#include <string_view>
#include <vector>

namespace paddock::checker {

struct bad_history {
    std::string_view wrong; ///< what is wrong in it
    const situation& good;
    std::string_view from;    ///< stands once in the good script
    std::string_view to;      ///< and is replaced by this
    std::vector<rule> broken; ///< these rules, and no others
};

/// Beliefs, tokens and their order.
const std::vector<bad_history>& bad_holds();

/// Calls that are answered late, twice or never; losses that are told late, twice or never.
const std::vector<bad_history>& bad_answers();

/// Writes, counters, what is left behind, too little traffic.
const std::vector<bad_history>& bad_resources();

/// Records that make no sense.
const std::vector<bad_history>& bad_records();

} // namespace paddock::checker
