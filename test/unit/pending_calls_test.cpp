#include "src/pending_calls.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace paddock::detail;
using namespace std::chrono_literals;

TEST_CASE("a call is taken once, and a late answer finds nothing", "[unit][pending_calls]")
{
    pending_calls<std::string> calls;
    const auto first = calls.add(time_point{1s}, 2s, "first");
    const auto second = calls.add(time_point{1s}, 2s, "second");

    const auto taken = calls.take(first);

    REQUIRE(taken);
    CHECK(taken->handler == "first");
    CHECK(taken->sent == time_point{1s});
    CHECK(taken->deadline == time_point{3s});
    CHECK_FALSE(calls.take(first));
    CHECK_FALSE(calls.take(0));
    CHECK(calls.take(second));
    CHECK(calls.empty());
}

TEST_CASE("the earliest deadline counts, whatever the order of sending", "[unit][pending_calls]")
{
    pending_calls<int> calls;
    CHECK(calls.earliest_deadline() == time_point::max());
    CHECK(calls.oldest_sent() == time_point::max());
    calls.add(time_point{1s}, 10s, 1);
    const auto hurried = calls.add(time_point{2s}, 1s, 2);

    CHECK(calls.earliest_deadline() == time_point{3s});
    CHECK(calls.oldest_sent() == time_point{1s});
    calls.take(hurried);
    CHECK(calls.earliest_deadline() == time_point{11s});
}

TEST_CASE("all calls are taken in the order they were sent", "[unit][pending_calls]")
{
    pending_calls<int> calls;
    for (int i = 0; i < 100; ++i)
        calls.add(time_point{1s}, std::chrono::seconds{100 - i}, i);

    const auto all = calls.take_all();

    REQUIRE(all.size() == 100);
    for (int i = 0; i < 100; ++i)
        CHECK(all[static_cast<std::size_t>(i)].handler == i);
    CHECK(calls.empty());
    CHECK(calls.earliest_deadline() == time_point::max());
}
