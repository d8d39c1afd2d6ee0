#include "src/backoff.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace paddock::detail;
using namespace std::chrono_literals;

TEST_CASE("waits double from ten milliseconds to one second and stay there", "[unit][backoff]")
{
    const nanoseconds bounds[] = {10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1s, 1s};
    for (unsigned attempt = 0; attempt < std::size(bounds); ++attempt) {
        const nanoseconds floor = attempt == 0 ? 0ns : bounds[attempt] / 4;
        CAPTURE(attempt);
        const auto range = static_cast<std::uint64_t>((bounds[attempt] - floor).count());
        CHECK(backoff_delay(attempt, 0) == floor);
        CHECK(backoff_delay(attempt, range) == bounds[attempt]);
        CHECK(backoff_delay(attempt, range + 1) == floor);
    }
    CHECK(backoff_delay(std::numeric_limits<unsigned>::max(), 0) == 250ms);
}

TEST_CASE("two clients wait differently", "[unit][backoff]")
{
    CHECK(backoff_delay(5, 0x9e3779b97f4a7c15) != backoff_delay(5, 0xbf58476d1ce4e5b9));
}
