// A key that passes along the calls of one lock object, and when the ensemble's queue gets its
// turn.

#include "src/hold_number.hpp"
#include "test/simulation/scenario.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace paddock;
using namespace paddock::simulation;

namespace asio = boost::asio;

namespace {

constexpr nanoseconds at_once{1ms}; // from thread to thread; a round trip takes longer
constexpr nanoseconds a_few_round_trips{20ms};

// One program whose calls form a line, and a rival.
struct two_programs {
    explicit two_programs(lock_config how = {.handoffs_max = 3})
        : crowd(s.connect(s.usual(), how)), rival(s.connect())
    {
    }
    explicit two_programs(std::chrono::milliseconds connect_timeout)
        : crowd(s.connect(impatient(connect_timeout), {.handoffs_max = 3})), rival(s.connect())
    {
    }

    // The crowd has the key, and so many more of it wait.
    std::vector<attempt_ptr> line_up(int waiting)
    {
        std::vector<attempt_ptr> calls{s.hold_by(crowd, "k")};
        for (int each = 0; each < waiting; ++each)
            calls.push_back(crowd.lock("k"));
        s.run(a_few_round_trips);
        return calls;
    }

    session_config impatient(std::chrono::milliseconds connect_timeout) const
    {
        auto config = s.usual();
        config.connect_timeout = connect_timeout;
        return config;
    }

    scenario s;
    actor& crowd;
    actor& rival;
};

} // namespace

TEST_CASE("a key passes along a line without a request, in the order of arrival",
          "[simulation][hand-off]")
{
    two_programs p;
    const auto calls = p.line_up(3);
    CHECK(p.s.contenders("k").size() == 1); // one queues for all
    const auto before = lock_requests(p.crowd);

    for (std::size_t each = 0; each < 3; ++each) {
        CHECK(calls[each + 1]->answers == 0);
        const auto number = calls[each]->got->token();
        p.crowd.release(calls[each]);
        REQUIRE(p.s.run_until_answered(calls[each + 1], at_once));
        CHECK(calls[each + 1]->held());
        CHECK(calls[each + 1]->got->token() > number);
    }

    CHECK(lock_requests(p.crowd) == before);
    CHECK(p.crowd.usage().retaken == 3);
    p.crowd.release(calls[3]);
    p.s.run(a_few_round_trips);
    CHECK(p.s.contenders("k").empty());
    const auto look = p.crowd.try_lock("k"); // nobody has the key any more
    REQUIRE(p.s.run_until_answered(look, a_few_round_trips));
    CHECK(look->held());
    p.crowd.release(look);
    CHECK(p.s.finish() == "");
}

TEST_CASE("the last hold of a contender is not handed on: no token is left for another",
          "[simulation][hand-off][retained]")
{
    two_programs p({.handoffs_max = 4'000, .retain_for = std::chrono::milliseconds(500)});
    const auto first = p.s.hold_by(p.crowd, "k");
    const auto contender = first->got->path();
    p.crowd.release(first);
    for (std::int64_t turn = 1; turn < detail::turns_max - 1; ++turn) {
        const auto again = p.crowd.lock("k");
        REQUIRE(p.s.run_until_answered(again, at_once));
        p.crowd.release(again);
    }
    const auto last = p.crowd.lock("k");
    REQUIRE(p.s.run_until_answered(last, at_once));
    CHECK(last->got->path() == contender);
    const auto number = last->got->token();
    const auto next = p.crowd.lock("k");
    p.s.run(a_few_round_trips);

    p.crowd.release(last);

    REQUIRE(p.s.run_until_answered(next, a_few_round_trips));
    CHECK(next->got->path() != contender);
    CHECK(next->got->token() > number);
    CHECK(p.s.finish() == "");
}

TEST_CASE("after so many hand-offs whoever waits elsewhere gets his turn, and then the line again",
          "[simulation][hand-off]")
{
    two_programs p;
    const auto calls = p.line_up(6);
    const auto wanted = p.s.wait_by(p.rival, "k");

    for (std::size_t each = 0; each < 4; ++each) {
        REQUIRE(calls[each]->held());
        CHECK(wanted->answers == 0);
        p.crowd.release(calls[each]);
        p.s.run(a_few_round_trips);
    }
    CHECK(wanted->held());
    CHECK(calls[4]->answers == 0);
    CHECK(p.s.contenders("k").size() == 2); // the next of the line queues for the rest of it
    p.rival.release(wanted);

    for (std::size_t each = 4; each < 7; ++each) {
        CHECK(p.s.run_until_answered(calls[each], a_few_round_trips));
        p.crowd.release(calls[each]);
    }
    CHECK(p.s.finish() == "");
}

TEST_CASE("without hand-offs the order of arrival is strict", "[simulation][hand-off]")
{
    two_programs p{lock_config()};
    const auto held = p.s.hold_by(p.crowd, "k");
    const auto wanted = p.s.wait_by(p.rival, "k");
    const auto next = p.crowd.lock("k");
    p.s.run(a_few_round_trips);

    p.crowd.release(held);

    CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
    CHECK(wanted->held());
    CHECK(next->answers == 0);
    p.rival.release(wanted);
    CHECK(p.s.run_until_answered(next, a_few_round_trips));
    CHECK(p.s.finish() == "");
}

TEST_CASE("a line goes on when who queues for it gives up", "[simulation][hand-off]")
{
    two_programs p;
    const auto held = p.s.hold_by(p.rival, "k");

    SECTION("its time is over")
    {
        const auto first = p.crowd.try_lock_for("k", 30ms);
        const auto second = p.crowd.lock("k");
        p.s.run(a_few_round_trips);
        CHECK(p.s.contenders("k").size() == 2);
        REQUIRE(p.s.run_until_answered(first, 50ms));
        CHECK_FALSE(first->held());
        p.s.run(a_few_round_trips);
        p.rival.release(held);
        CHECK(p.s.run_until_answered(second, a_few_round_trips));
        CHECK(second->held());
    }
    SECTION("it is cancelled, whatever it is doing")
    {
        const auto first = p.crowd.lock("k");
        const auto second = p.crowd.lock("k");
        p.crowd.cancel(first, asio::cancellation_type::terminal);
        REQUIRE(p.s.run_until_answered(first, a_few_round_trips));
        p.s.run(a_few_round_trips);
        p.rival.release(held);
        CHECK(p.s.run_until_answered(second, a_few_round_trips));
        CHECK(second->held());
    }
    SECTION("it waits for an answer that is lost, when nobody waits for it any more")
    {
        p.s.requests.plan(p.crowd.host(), {.what = request_faults::kind::reply_lost});
        const auto first = p.crowd.try_lock_for("k", 30ms);
        const auto second = p.crowd.lock("k");
        REQUIRE(p.s.run_until_answered(first, 50ms));
        p.s.run(a_few_round_trips);
        // The rival's, what is left of the first, and the second's.
        CHECK(p.s.contenders("k").size() == 3);
        p.rival.release(held);
        CHECK(p.s.run_until_answered(second, p.s.timeout()));
        CHECK(second->held());
    }
    SECTION("it stands still, without an answer")
    {
        const auto first = p.crowd.try_lock_for("k", 30ms);
        const auto second = p.crowd.lock("k");
        p.s.cut(p.crowd);
        REQUIRE(p.s.run_until_answered(first, 50ms));
        const auto third = p.crowd.try_lock("k"); // finds the second in front, and not what is left
        CHECK(p.s.run_until_answered(third, at_once));
        p.s.mend(p.crowd);
        p.s.run(p.s.timeout() / 2);
        p.rival.release(held);
        CHECK(p.s.run_until_answered(second, p.s.timeout()));
        CHECK(second->held());
    }
    CHECK(p.s.finish() == "");
}

TEST_CASE("who leaves a line leaves nothing behind, and is passed over", "[simulation][hand-off]")
{
    two_programs p;
    const auto held = p.s.hold_by(p.crowd, "k");
    const auto leaves = p.crowd.lock("k");
    const auto limited = p.crowd.try_lock_for("k", 10ms);
    const auto stays = p.crowd.lock("k");
    p.s.run(at_once);
    p.crowd.cancel(leaves, asio::cancellation_type::total);

    CHECK(p.s.run_until_answered(leaves, at_once));
    CHECK(leaves->ec == asio::error::operation_aborted);
    CHECK(p.s.run_until_answered(limited, 11ms));
    CHECK_FALSE(limited->held());
    p.crowd.release(held);

    CHECK(p.s.run_until_answered(stays, at_once));
    CHECK(stays->held());
    CHECK(p.s.finish() == "");
}

TEST_CASE("a release to a line that has emptied ends the contender", "[simulation][hand-off]")
{
    two_programs p;
    const auto held = p.s.hold_by(p.crowd, "k");
    const auto limited = p.crowd.try_lock_for("k", 10ms);

    SECTION("before the release")
    {
        REQUIRE(p.s.run_until_answered(limited, 20ms));
        const auto gone = p.crowd.async_release(held);
        REQUIRE(p.s.run_until_answered(gone, a_few_round_trips));
    }
    SECTION("with it: it is told as gone when it is")
    {
        p.s.run(9ms);
        p.crowd.cancel(limited, asio::cancellation_type::terminal);
        const auto gone = p.crowd.async_release(held);
        REQUIRE(p.s.run_until_answered(gone, a_few_round_trips));
    }
    CHECK(p.s.contenders("k").empty());
    CHECK(p.s.finish() == "");
}

TEST_CASE("whoever looks once at a key with a line finds it taken, without a request",
          "[simulation][hand-off]")
{
    two_programs p;
    const auto calls = p.line_up(1);
    const auto before = lock_requests(p.crowd);

    const auto look = p.crowd.try_lock("k");
    CHECK(p.s.run_until_answered(look, at_once));

    CHECK_FALSE(look->held());
    CHECK_FALSE(look->ec);
    CHECK(lock_requests(p.crowd) == before);
    for (const auto& each : calls) {
        CHECK(p.s.run_until_answered(each, at_once));
        p.crowd.release(each);
    }
    CHECK(p.s.finish() == "");
}

TEST_CASE("whoever looks once does not stand in line, in whatever state the key is",
          "[simulation][hand-off]")
{
    two_programs p({.handoffs_max = 1});
    const auto calls = p.line_up(2);
    std::size_t next = 0;

    SECTION("it is about to be handed on")
    {
        const auto look = p.crowd.try_lock("k");
        p.crowd.release(calls[next++]);
        CHECK(p.s.run_until_answered(look, at_once));
        CHECK_FALSE(look->held());
    }
    SECTION("its contender is about to be deleted")
    {
        p.crowd.release(calls[next++]);
        REQUIRE(p.s.run_until_answered(calls[next], at_once));
        const auto look = p.crowd.try_lock("k");
        p.crowd.release(calls[next++]);
        CHECK(p.s.run_until_answered(look, at_once));
        CHECK_FALSE(look->held());
    }
    while (next < calls.size()) {
        CHECK(p.s.run_until_answered(calls[next], a_few_round_trips));
        p.crowd.release(calls[next++]);
    }
    CHECK(p.s.finish() == "");
}

TEST_CASE("a line without belief hands nothing on, and asks the ensemble", "[simulation][hand-off]")
{
    two_programs p;
    const auto calls = p.line_up(1);
    p.s.cut(p.crowd);
    p.s.run(p.s.timeout() * 3 / 10); // a hold gets a quarter of the time-out at least
    REQUIRE(calls[0]->held());

    p.crowd.release(calls[0]);
    p.s.run(a_few_round_trips);

    CHECK(calls[1]->answers == 0);
    p.s.mend(p.crowd);
    CHECK(p.s.run_until_answered(calls[1], p.s.freed_within()));
    CHECK(p.s.finish() == "");
}

TEST_CASE("all of a line are told when their session is lost, and the next calls work",
          "[simulation][hand-off]")
{
    two_programs p;
    const auto calls = p.line_up(3);

    p.s.expire(p.crowd);
    for (std::size_t each = 1; each < calls.size(); ++each) {
        CHECK(p.s.run_until_answered(calls[each], p.s.freed_within()));
        CHECK(calls[each]->ec == errc::session_lost);
    }
    p.crowd.release(calls[0]);
    const auto first = p.crowd.lock("k");
    const auto second = p.crowd.lock("k");

    REQUIRE(p.s.run_until_answered(first, p.s.freed_within()));
    CHECK(first->held());
    p.crowd.release(first);
    CHECK(p.s.run_until_answered(second, at_once));
    CHECK(p.s.finish() == "");
}

TEST_CASE("all of a line are told together that there was no connection for long enough",
          "[simulation][hand-off]")
{
    constexpr auto patience = 500ms;
    two_programs p(patience);
    const auto calls = p.line_up(3);
    p.s.cut(p.crowd);
    REQUIRE(p.s.run_until([&] { return p.crowd.state() == session_state::suspended; }));
    p.s.run(patience);
    REQUIRE(p.s.run_until([&] { return !calls[0]->held(); }));

    for (std::size_t each = 1; each < calls.size(); ++each) {
        CHECK(p.s.run_until_answered(calls[each], at_once));
        CHECK(calls[each]->ec == errc::unreachable);
    }
    p.s.mend(p.crowd);
    p.s.run(p.s.freed_within());
    CHECK(p.s.finish() == "");
}

TEST_CASE("all of a line are told when their session is closed", "[simulation][hand-off]")
{
    two_programs p;
    const auto calls = p.line_up(100);

    const auto closed = p.crowd.close();

    CHECK(p.s.run_until_answered(closed, p.s.timeout()));
    for (std::size_t each = 1; each < calls.size(); ++each) {
        CHECK(calls[each]->answers == 1);
        CHECK(calls[each]->ec == errc::session_closed);
    }
    CHECK(p.s.finish() == "");
}

TEST_CASE("a line goes on behind a hold that is lost", "[simulation][hand-off]")
{
    two_programs p({.max_hold = std::chrono::milliseconds(300), .handoffs_max = 3});
    const auto calls = p.line_up(2);

    CHECK(p.s.run_until_answered(calls[1], 400ms)); // queues at the ensemble
    CHECK_FALSE(calls[0]->held());
    CHECK(calls[1]->held());
    p.crowd.release(calls[1]);
    CHECK(p.s.run_until_answered(calls[2], at_once));
    CHECK(p.s.finish() == "");
}

TEST_CASE("a line has room for waiters_max, and refuses more", "[simulation][hand-off]")
{
    two_programs p({.waiters_max = 2, .handoffs_max = 3});
    const auto calls = p.line_up(3);

    CHECK(calls[3]->answers == 1);
    CHECK(calls[3]->ec == errc::queue_full);
    for (std::size_t each = 0; each < 3; ++each) {
        CHECK(p.s.run_until_answered(calls[each], at_once));
        p.crowd.release(calls[each]);
    }
    CHECK(p.s.finish() == "");
}

TEST_CASE("a key that is handed on is retained when nobody is left in line",
          "[simulation][hand-off][retained]")
{
    two_programs p({.handoffs_max = 2, .retain_for = std::chrono::milliseconds(500)});
    const auto calls = p.line_up(1);
    p.crowd.release(calls[0]);
    REQUIRE(p.s.run_until_answered(calls[1], at_once));
    p.crowd.release(calls[1]);
    p.s.run(at_once);
    CHECK(p.crowd.usage().retained == 1);

    const auto again = p.crowd.lock("k");
    CHECK(p.s.run_until_answered(again, at_once));
    const auto next = p.crowd.lock("k");
    const auto wanted = p.rival.lock("k");
    const auto behind = p.crowd.lock("k");
    p.s.run(a_few_round_trips);
    p.crowd.release(again);
    CHECK(p.s.run_until_answered(next, at_once));
    p.crowd.release(next); // the second time in all, though the key was retained after the first
    CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
    CHECK(wanted->held());
    CHECK(behind->answers == 0);
    p.rival.release(wanted);
    CHECK(p.s.run_until_answered(behind, a_few_round_trips));
    CHECK(p.s.finish() == "");
}
