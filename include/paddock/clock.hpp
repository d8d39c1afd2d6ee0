#pragma once

#include <chrono>

namespace paddock {

/// The clock that every deadline of Paddock is measured on: it never jumps and it counts suspend.
///
/// `std::chrono::steady_clock` stands still while a machine sleeps, but the ensemble goes on
/// counting; a lock believed on such a clock would be believed too long.
/// Source: `CLOCK_BOOTTIME`, clock_gettime(2).
struct boot_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept;
};

namespace detail {

/// As good as for ever, and far from the end of what 64 bits of nanoseconds can say.
inline constexpr std::chrono::nanoseconds limit_max = std::chrono::hours(24 * 365);

/// Any duration as a limit: not negative, and at most `limit_max`.
template <class Rep, class Period>
constexpr std::chrono::nanoseconds bounded(std::chrono::duration<Rep, Period> limit)
{
    using seconds = std::chrono::duration<double>; // wide enough for every duration there is
    if (std::chrono::duration_cast<seconds>(limit) >= seconds(limit_max))
        return limit_max;
    if (limit <= limit.zero())
        return std::chrono::nanoseconds::zero();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(limit);
}

/// The time left until `deadline`, as a limit.
template <class Clock, class Duration>
std::chrono::nanoseconds bounded_until(std::chrono::time_point<Clock, Duration> deadline)
{
    const auto now = Clock::now();
    if (deadline <= now)
        return std::chrono::nanoseconds::zero();
    using seconds = std::chrono::duration<double>; // the difference itself might overflow
    return bounded(seconds(deadline.time_since_epoch()) - seconds(now.time_since_epoch()));
}

} // namespace detail
} // namespace paddock
