// What a session does beside the locks themselves: limits without a connection, belief after a
// stop, reconnects beside a slow ensemble, and watches that nobody needs any more.

#include "test/simulation/scenario.hpp"
#include <paddock/error.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace paddock;
using namespace paddock::simulation;

namespace {

using kind = request_faults::kind;

} // namespace

TEST_CASE("a call of a session that never had a connection ends as unreachable in time",
          "[simulation][time-outs]")
{
    scenario s;
    const auto config = s.usual();
    auto& lonely = s.start(config);
    s.cut(lonely);

    const auto call = lonely.lock("k");
    CHECK(s.run_until_answered(call, config.connect_timeout + 1ms));

    CHECK(call->ec == errc::unreachable);
    CHECK(call->answered - call->called >= config.connect_timeout);
    s.mend(lonely);
    s.run(s.freed_within());
    CHECK(s.finish() == "");
}

TEST_CASE("an answer that a member has forgotten comes with the next heartbeat",
          "[simulation][time-outs]")
{
    scenario s;
    auto config = s.usual();
    config.hosts = scenario::host_of(s.follower());
    auto& lonely = s.connect(config);
    const auto before = s.servers.seen().commits;
    s.servers.miss_next_commit(s.follower());

    const auto call = lonely.lock("k");
    REQUIRE(s.run_until([&] { return s.servers.seen().commits > before; }));
    s.run(s.timeout() / 32);
    CHECK(call->answers == 0);

    CHECK(s.run_until_answered(call, s.timeout() / 8));
    CHECK(call->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a hold that lapsed in a stopped process is not revived by evidence that waited for it",
          "[simulation][belief]")
{
    scenario s;
    auto& holder = s.connect();
    const auto held = s.hold_by(holder, "k");
    s.run(s.timeout() * 2);
    const auto before = holder.usage().evidence;
    REQUIRE(s.run_until([&] { return holder.usage().evidence > before; }));

    holder.stop(); // the answer comes while it stands still
    REQUIRE(s.run_until([&] { return !held->held(); }, s.timeout()));
    holder.go_on();

    CHECK_FALSE(s.run_until([&] { return held->held(); }, s.timeout()));
    CHECK(s.finish() == "");
}

TEST_CASE(
    "an ensemble that is merely slow costs at most one reconnect each quarter of the time-out",
    "[simulation][belief]")
{
    scenario s;
    auto& holder = s.connect();
    const auto held = s.hold_by(holder, "k");
    for (std::size_t each = 0; each < s.servers.size(); ++each) {
        s.net.slow_down(holder.host(), s.servers.server(each), s.timeout() / 25);
        s.net.slow_down(s.servers.server(each), holder.host(), s.timeout() / 25);
    }
    s.run(s.timeout());

    const auto before = holder.usage().connects;
    s.run(s.timeout() * 10);

    CHECK(holder.usage().connects - before > 5); // each answer looks like a silence
    CHECK(holder.usage().connects - before <= 40);
    s.net.heal();
    s.run(s.timeout());
    CHECK(s.finish() == "");
}

TEST_CASE("a watch of an attempt that gave up is removed, whatever becomes of the request",
          "[simulation][watches]")
{
    for (const auto what : {kind::cut_before, kind::cut_after, kind::reply_lost}) {
        for (std::uint32_t skip = 0; skip < 6; ++skip) {
            CAPTURE(static_cast<int>(what), skip);
            scenario s;
            auto& holder = s.connect();
            auto& waiter = s.connect();
            const auto held = s.hold_by(holder, "k");
            const auto waiting = s.wait_by(waiter, "k");

            s.requests.plan(waiter.host(), {.what = what, .skip = skip});
            waiter.cancel(waiting, boost::asio::cancellation_type::terminal);
            s.run(s.timeout() * 3);

            CHECK(held->held());
            CHECK(s.servers.watches() == 0);
            CHECK(waiter.usage().watches == 0);
            CHECK(s.finish() == "");
        }
    }
}

TEST_CASE("a watch that is removed late takes none of the session's next waiter with it",
          "[simulation][watches]")
{
    for (std::uint32_t first = 0; first < 8; ++first) {
        for (std::uint32_t second = 0; second < 3; ++second) {
            CAPTURE(first, second);
            scenario s;
            auto& holder = s.connect();
            auto& both = s.connect();
            const auto held = s.hold_by(holder, "k");
            const auto gives_up = s.wait_by(both, "k");
            const auto stays = s.wait_by(both, "k");

            s.requests.plan(both.host(), {.what = kind::fail, .skip = first});
            s.requests.plan(both.host(), {.what = kind::fail, .skip = second});
            s.requests.plan(both.host(), {.what = kind::fail, .skip = second});
            both.cancel(gives_up, boost::asio::cancellation_type::terminal);
            s.run(20ms);
            holder.release(held);

            CHECK(s.run_until_answered(stays, s.timeout()));
            CHECK(!stays->ec);
            s.requests.clear();
            CHECK(s.finish() == "");
        }
    }
}

TEST_CASE("max_hold ends a hold that nobody releases", "[simulation][time-outs]")
{
    scenario s;
    auto& holder = s.connect(s.usual(), {.max_hold = std::chrono::milliseconds(300)});
    const auto held = s.hold_by(holder, "k");
    CHECK(held->held());

    CHECK(s.run_until([&] { return !held->held(); }, 300ms));
    s.run(20ms);

    CHECK(s.contenders("k").empty());
    CHECK(s.finish() == "");
}

TEST_CASE("a verification asks the ensemble, however fresh the belief is", "[simulation][belief]")
{
    scenario s;
    auto& holder = s.connect();
    const auto held = s.hold_by(holder, "k");
    s.remove(s.path_of("k", s.contenders("k").front()));
    s.run(2ms);
    CHECK(held->held()); // nobody has told it

    const auto verified = holder.verify(held);
    CHECK(s.run_until_answered(verified, 50ms));

    CHECK(verified->ec == errc::hold_lost);
    CHECK(s.finish() == "");
}

TEST_CASE("a session that proved nothing in time is connected again when it has",
          "[simulation][belief]")
{
    scenario s;
    auto& holder = s.connect();
    const auto held = s.hold_by(holder, "k");
    s.run(s.timeout());

    holder.stop();
    s.run(s.timeout() * 9 / 16);
    holder.go_on();
    REQUIRE(s.run_until([&] { return holder.state() == session_state::suspended; }, s.timeout()));

    CHECK(s.run_until([&] { return holder.state() == session_state::connected; }, s.timeout()));
    const auto again = holder.lock("k");
    CHECK(s.run_until_answered(again, s.timeout()));
    CHECK(!again->ec);
    CHECK(s.finish() == "");
}
