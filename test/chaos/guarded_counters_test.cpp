#include "test/chaos/guarded_counters.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::test;

TEST_CASE("a guarded counter refuses a token lower than it has seen", "[unit][chaos]")
{
    guarded_counters counters(1);
    CHECK(counters.write(0, 10, 1).accepted);

    CHECK_FALSE(counters.write(0, 9, 2).accepted);
    CHECK_FALSE(counters.read(0, 9).accepted);

    CHECK(counters.value(0) == 1);
    CHECK(counters.write(0, 10, 2).accepted);
    CHECK(counters.write(0, 11, 3).value == 3);
}

TEST_CASE("a read at a guarded counter shuts out older writers", "[unit][chaos]")
{
    guarded_counters counters(2);
    const auto old = counters.read(0, 10);
    REQUIRE(old.accepted);

    REQUIRE(counters.read(0, 12).accepted);

    CHECK_FALSE(counters.write(0, 10, old.value + 1).accepted);
    CHECK(counters.write(1, 10, 1).accepted); // each key has its own
}
