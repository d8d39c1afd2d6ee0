#include "test/chaos/fault_plan.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

using namespace paddock::test;
using namespace std::chrono_literals;

namespace {

fault_limits everything(std::chrono::milliseconds length)
{
    fault_limits limits{.length = length, .session_timeout = 3s, .allowed = {}};
    limits.allowed.fill(true);
    return limits;
}

} // namespace

TEST_CASE("the same seed plans the same faults, another one others", "[unit][chaos]")
{
    const auto plan = draw_plan(7, everything(60s));

    CHECK(plan == draw_plan(7, everything(60s)));
    CHECK(plan != draw_plan(8, everything(60s)));
}

TEST_CASE("a fault comes at least every ten seconds, and every fault ends within the run",
          "[unit][chaos]")
{
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        auto before = 0ms;
        for (const auto& fault : draw_plan(seed, everything(600s))) {
            CHECK(fault.begin - before <= 10s);
            CHECK(fault.begin < fault.end);
            CHECK(fault.end <= 600s);
            CHECK(fault.end - fault.begin <= fault_length_max);
            before = fault.begin;
        }
        CHECK(600s - before <= 10s);
    }
}

TEST_CASE("a long run has every kind of fault, and two at once", "[unit][chaos]")
{
    const auto plan = draw_plan(1, everything(600s));
    std::set<fault_kind> kinds;
    bool two_at_once = false;
    for (std::size_t i = 0; i < plan.size(); ++i) {
        kinds.insert(plan[i].kind);
        two_at_once = two_at_once || (i > 0 && plan[i].begin < plan[i - 1].end);
    }

    CHECK(kinds.size() == fault_kinds);
    CHECK(two_at_once);
}

TEST_CASE("there are breathers, in which no fault is on: one in a minute, more in ten",
          "[unit][chaos]")
{
    const auto breathers = [](std::uint64_t seed, std::chrono::milliseconds length) {
        int count = 0;
        auto free_from = 0ms;
        for (const auto& fault : draw_plan(seed, everything(length))) {
            if (fault.begin - free_from >= breather_length - breather_fault_max)
                ++count;
            free_from = std::max(free_from, fault.end);
        }
        return count;
    };

    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        CHECK(breathers(seed, 60s) >= 1);
        CHECK(breathers(seed, 600s) >= 10);
    }
}

TEST_CASE("only allowed kinds of faults are planned", "[unit][chaos]")
{
    auto limits = everything(600s);
    limits.allowed.fill(false);
    CHECK_THROWS_AS(draw_plan(1, limits), std::invalid_argument);
    limits.allowed.at(static_cast<std::size_t>(fault_kind::disk_slow)) = true;

    for (const auto& fault : draw_plan(1, limits)) {
        CHECK(fault.kind == fault_kind::disk_slow);
        CHECK(fault.role != fault_role::client);
    }
}
