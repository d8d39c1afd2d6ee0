#pragma once

/// Judges a history by the rules.

#include "test/checker/history.hpp"
#include "test/checker/report.hpp"
#include "test/checker/rules.hpp"

namespace paddock::checker {

/// Checks a history and counts what is in it.
///
/// Takes time as sorting the events does; ten million take seconds.
report check(const history& all, const rules& wanted = {});

} // namespace paddock::checker
