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

} // namespace paddock
