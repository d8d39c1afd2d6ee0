#pragma once

/// Waiting in tests: a condition that is looked at again and again, never a guessed length of time.

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace paddock::test {

/// How long a test waits for something that should happen soon.
///
/// Far above what any step takes (a three-server start on two busy cores is the longest, a few
/// seconds), so that only a real hang reaches it.
inline constexpr std::chrono::milliseconds wait_limit{30'000};

/// A line of a test, for messages about it.
///
/// As `std::source_location`, which clang 14 lacks.
struct source_line {
    const char* file;
    unsigned line;

    /// As a default argument: the line of the call.
    static constexpr source_line current(const char* file = __builtin_FILE(),
                                         unsigned line = __builtin_LINE())
    {
        return {file, line};
    }

    /// The text `file:line`.
    std::string text() const;
};

/// Thrown by a bounded wait whose condition did not come true in time.
class timed_out : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Returns as soon as `predicate` holds.
///
/// Looks every 5 ms. What the predicate throws passes through, so it can give up early.
/// Errors: `timed_out`, naming the line of the caller.
/// Threads: the predicate runs on the calling thread.
void wait_until(const std::function<bool()>& predicate,
                std::chrono::milliseconds limit = wait_limit,
                source_line where = source_line::current());

} // namespace paddock::test
