#include "src/hold_number.hpp"
#include "src/session_core.hpp"
#include "src/tenure.hpp"
#include "test/unit/manual_runtime.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>

using namespace std::chrono_literals;
using namespace paddock;
using namespace paddock::detail;

namespace {

// A contender of a session that never connects: all that changes it is the clock, its belief and
// the calls of the test.
struct stage {
    asio::io_context io;
    std::shared_ptr<test::manual_runtime> thread = std::make_shared<test::manual_runtime>(io);
    std::shared_ptr<session_core> core =
        std::make_shared<session_core>(thread, io.get_executor(), session_config{.hosts = "zk1"});
    std::shared_ptr<epoch_belief> belief = std::make_shared<epoch_belief>();
    std::shared_ptr<tenure> contender;
    std::shared_ptr<grant> first;

    explicit stage(tenure::terms how = {.retain_for = 60s})
    {
        belief->set(thread->time + 5s);
        const tenure::identity who{.key = "42",
                                   .path = "/locks/42/_c_a-lock-0000000001",
                                   .parent_size = 9,
                                   .epoch = core->epoch(),
                                   .czxid = 7};
        contender = std::make_shared<tenure>(core, belief, 1s, who, how);
        first = contender->begin();
    }
    ~stage() { contender->end(); } // it and its hold refer to each other

    void keep() { REQUIRE(first->release({})); }
};

} // namespace

TEST_CASE("a contender that is kept gives one hold after another, with rising tokens",
          "[unit][tenure]")
{
    stage on;
    on.keep();
    const auto second = on.contender->take_again();
    REQUIRE(second);
    CHECK(second->held());
    CHECK(second->token() > on.first->token());
    CHECK(second->token() == token_of(7, 1));
    CHECK(second->path() == on.first->path());
    CHECK_FALSE(on.first->held()); // a hold that has ended stays ended

    second->release({});

    CHECK(on.contender->take_again()->token() == token_of(7, 2));
}

TEST_CASE("tokens of one contender end below those of the next", "[unit][tenure]")
{
    CHECK(token_of(7, turns_max - 1) < token_of(8, 0));

    stage on;
    on.keep();
    for (std::int64_t turn = 1; turn < turns_max; ++turn) {
        const auto next = on.contender->take_again();
        REQUIRE(next);
        REQUIRE(next->token() == token_of(7, turn));
        next->release({});
    }
    CHECK_FALSE(on.contender->take_again());
    CHECK(on.contender->is_over());
}

TEST_CASE("a contender that serves a hold is not taken again", "[unit][tenure]")
{
    stage on;
    CHECK_FALSE(on.contender->take_again());
    CHECK(on.contender->is_held());

    on.keep();
    CHECK_FALSE(on.contender->is_held());
    const auto second = on.contender->take_again();
    REQUIRE(second);
    CHECK_FALSE(on.contender->take_again());
}

TEST_CASE("a contender is kept only where that is asked for", "[unit][tenure]")
{
    stage on(tenure::terms{});
    on.first->release({});
    CHECK(on.contender->is_over());
    CHECK_FALSE(on.contender->take_again());
}

TEST_CASE("a kept contender is not taken with less belief than a hold needs", "[unit][tenure]")
{
    stage on;
    on.keep();

    on.thread->time += 4s + 1ns;
    CHECK_FALSE(on.contender->take_again());

    on.belief->set(on.thread->time + 1s); // evidence has come before it lapsed
    CHECK(on.contender->take_again());
}

TEST_CASE("a contender whose hold had lapsed is not kept", "[unit][tenure]")
{
    stage on;
    on.thread->time += 5s;
    REQUIRE_FALSE(on.first->held());
    on.belief->set(on.thread->time + 5s);

    on.first->release({});

    CHECK(on.contender->is_over());
}

TEST_CASE("a contender gives way at once if it is kept, and with the release if it is held",
          "[unit][tenure]")
{
    stage on;

    SECTION("kept")
    {
        on.keep();
        CHECK(on.contender->give_way());
        CHECK_FALSE(on.contender->give_way());
        CHECK_FALSE(on.contender->take_again());
    }
    SECTION("held")
    {
        CHECK_FALSE(on.contender->give_way());
        CHECK(on.first->held());
        on.first->release({});
        CHECK_FALSE(on.contender->take_again());
    }
    CHECK(on.contender->is_over());
}

TEST_CASE("the end of a contender gives the hold that it serves, once", "[unit][tenure]")
{
    stage on;

    SECTION("held")
    {
        const auto served = on.contender->end();
        REQUIRE(served);
        CHECK(*served == on.first);
        CHECK_FALSE(on.contender->end());
        on.first->release({});
        CHECK_FALSE(on.contender->take_again());
    }
    SECTION("kept")
    {
        on.keep();
        const auto served = on.contender->end();
        REQUIRE(served);
        CHECK_FALSE(*served);
        CHECK_FALSE(on.contender->take_again());
    }
}

TEST_CASE("each hold of a contender has its own longest time", "[unit][tenure]")
{
    stage on({.max_hold = 3s, .retain_for = 60s});
    CHECK(on.first->expires() == on.thread->time + 3s);
    on.thread->time += 2s;
    on.keep();
    CHECK_FALSE(on.contender->present());

    const auto second = on.contender->take_again();

    REQUIRE(second);
    CHECK(second->valid_until() == on.thread->time + 3s);
    on.thread->time += 1s;
    CHECK(second->held());
    CHECK(on.contender->present() == second);
    CHECK_FALSE(on.contender->end(on.first.get())); // what ended the first harms no other
    CHECK(second->held());
}

TEST_CASE("a contender ages while it is kept, and not while it is held", "[unit][tenure]")
{
    stage on;
    on.thread->time += 2s;
    CHECK_FALSE(on.contender->keeping_expires());
    CHECK_FALSE(on.contender->give_way_to_age());
    on.keep();
    const auto kept_at = on.thread->time;
    on.belief->set(on.thread->time + 1h);

    on.thread->time += 60s - 1ns;
    CHECK(on.contender->keeping_expires() == kept_at + 60s);
    CHECK_FALSE(on.contender->give_way_to_age());

    on.thread->time += 1ns;
    CHECK(on.contender->give_way_to_age());
    CHECK_FALSE(on.contender->give_way_to_age());
    CHECK(on.contender->is_over());
}

TEST_CASE("one release in a contender's age tells that somebody has to look after it",
          "[unit][tenure]")
{
    stage on;
    CHECK(on.contender->leave(true) == tenure::after_hold::kept_first);
    REQUIRE(on.contender->take_again());
    CHECK(on.contender->leave(true) == tenure::after_hold::kept);
    REQUIRE(on.contender->take_again());

    CHECK_FALSE(on.contender->keeping_expires()); // looked, and it was held

    CHECK(on.contender->leave(true) == tenure::after_hold::kept_first);
    REQUIRE(on.contender->take_again());
    on.contender->give_way();
    CHECK(on.contender->leave(true) == tenure::after_hold::over);
}

TEST_CASE("a contender passes as often as it may, also where it is kept in between",
          "[unit][tenure]")
{
    stage on;
    on.contender->serve_line(2, true);
    CHECK(on.contender->leave(true) == tenure::after_hold::passing);
    CHECK_FALSE(on.contender->take_again()); // it is somebody's
    const auto second = on.contender->pass_on(false);
    REQUIRE(second);
    CHECK(second->token() == token_of(7, 1));
    CHECK(on.contender->leave(true) == tenure::after_hold::kept_first);
    CHECK_FALSE(on.contender->expect_heir()); // who comes now takes it himself

    REQUIRE(on.contender->take_again());
    CHECK(on.contender->expect_heir());
    CHECK(on.contender->leave(true) == tenure::after_hold::passing);
    REQUIRE(on.contender->pass_on(true));

    CHECK(on.contender->leave(true) == tenure::after_hold::over);
    CHECK_FALSE(on.contender->pass_on(true));
}

TEST_CASE("a contender passes only with belief, and is settled where there is none",
          "[unit][tenure]")
{
    stage on;
    on.contender->serve_line(2, true);
    REQUIRE(on.contender->leave(true) == tenure::after_hold::passing);
    on.thread->time += 4s + 1ns;

    CHECK_FALSE(on.contender->pass_on(true));

    CHECK(on.contender->settle(false) == tenure::after_hold::over);
}

TEST_CASE("the last hold of a contender is not passed on: its token would be another's",
          "[unit][tenure]")
{
    stage on;
    on.keep();
    for (std::int64_t turn = 1; turn < turns_max - 1; ++turn)
        on.contender->take_again()->release({});
    const auto last = on.contender->take_again();
    REQUIRE(last->token() == token_of(7, turns_max - 1));

    on.contender->serve_line(4'000, true);

    CHECK(on.contender->leave(true) == tenure::after_hold::over);
}

TEST_CASE("holds and kept contenders are counted apart", "[unit][tenure]")
{
    stage on;
    CHECK(on.core->usage().holds == 1);
    CHECK(on.core->usage().retained == 0);

    on.keep();
    CHECK(on.core->usage().holds == 0);
    CHECK(on.core->usage().retained == 1);

    const auto second = on.contender->take_again();
    CHECK(on.core->usage().holds == 1);
    CHECK(on.core->usage().retained == 0);
    CHECK(on.core->usage().grants == 2);
    CHECK(on.core->usage().retaken == 1);
    second->release({});
    on.contender->end();
    CHECK(on.core->usage().holds == 0);
    CHECK(on.core->usage().retained == 0);
}
