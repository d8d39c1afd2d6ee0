#include "retry.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace cache_producer;
using namespace std::chrono_literals;

TEST_CASE("the pause before a try doubles up to its limit, and is shortened by chance",
          "[unit][retry]")
{
    CHECK(backoff(0, 0.0, 50ms, 1s) == 25ms);
    CHECK(backoff(0, 0.999, 50ms, 1s) == 49ms);
    CHECK(backoff(1, 0.0, 50ms, 1s) == 50ms);
    CHECK(backoff(3, 0.0, 50ms, 1s) == 200ms);
    CHECK(backoff(5, 0.0, 50ms, 1s) == 500ms);
    CHECK(backoff(4'000'000'000, 0.0, 50ms, 1s) == 500ms);
}
