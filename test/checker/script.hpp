#pragma once

/// Small histories, written down as a reader would tell them.

#include "test/checker/history.hpp"

#include <string_view>

namespace paddock::checker {

/// The history that a script tells: events separated by `;`, in any order.
///
/// An event is `TIME CLIENT.ATTEMPT KIND`, the time in milliseconds, then in any order `#TOKEN`
/// (milliseconds for a call), `=VALUE` (milliseconds for a call and its answer) and `@KEY` (else it
/// is "k"; `@-` is none).
///
/// Errors: `std::invalid_argument` with the event that is none.
history told_by(std::string_view script);

} // namespace paddock::checker
