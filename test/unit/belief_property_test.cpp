#include "test/unit/session_world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

using paddock::test::totals;
using paddock::test::troubles;

namespace {

totals run_worlds(troubles with, std::uint32_t runs = 300)
{
    totals sums;
    for (std::uint32_t run = 0; run < runs; ++run)
        paddock::test::run_world(paddock::test::seed_of_run(run), with, sums);
    return sums;
}

} // namespace

TEST_CASE("belief ends an eighth of the time-out before the leader may expire the session",
          "[unit][belief]")
{
    const auto sums = run_worlds({});

    CHECK(sums.raised > 10'000); // else little was tried
    CHECK(sums.cuts > 100);
    CHECK(sums.reconnects > 100);
}

TEST_CASE("a client that is stopped does not believe longer for it", "[unit][belief]")
{
    const auto sums = run_worlds({.stops = true});

    CHECK(sums.raised > 3'000);
    CHECK(sums.expiries > 0);
}

TEST_CASE("a server that freezes and thaws costs nothing of that eighth", "[unit][belief]")
{
    const auto sums = run_worlds({.freezes = true, .stops = true});

    CHECK(sums.raised > 3'000);
    CHECK(sums.expiries > 0);
}

TEST_CASE("pings that are late by less than an eighth cost nothing of that eighth",
          "[unit][belief]")
{
    totals unused;
    for (const std::uint32_t seed :
         {358U, 1324U, 1775U}) // a stop, fresh contact, a late ping, a cut
        paddock::test::run_world(seed, {.stops = true, .stalls = true}, unused);

    const auto sums = run_worlds({.stops = true, .stalls = true});

    CHECK(sums.raised > 3'000);
}

// Reads go on during such an outage, and the cut that hurts most is right behind the first evidence
// after it.
TEST_CASE("an outage between leader and follower that reads hide is seen through", "[unit][belief]")
{
    const auto sums = run_worlds({.outages = true}, 1'000);

    CHECK(sums.raised > 30'000);
}

TEST_CASE("all these troubles together cost nothing of that eighth", "[unit][belief]")
{
    const auto sums =
        run_worlds({.freezes = true, .stops = true, .stalls = true, .outages = true}, 500);

    CHECK(sums.raised > 3'000);
}
