#include <paddock/clock.hpp>

#include <ctime>

namespace paddock {

boot_clock::time_point boot_clock::now() noexcept
{
    timespec read{};
    // It cannot fail: Linux has had this clock since 2.6.39, and the address is ours.
    ::clock_gettime(CLOCK_BOOTTIME, &read);
    return time_point{std::chrono::seconds{read.tv_sec} + std::chrono::nanoseconds{read.tv_nsec}};
}

} // namespace paddock
