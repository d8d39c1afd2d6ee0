// Ghosts: contenders that nobody knows, which would block all behind them.

#include "test/simulation/scenario.hpp"

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <string>

using namespace paddock;
using namespace paddock::simulation;

namespace asio = boost::asio;

namespace {

using kind = request_faults::kind;

// The parents of the key are there, so that the next request is the create, and then its listing.
void warm(scenario& s, actor& by, const std::string& key)
{
    const auto call = s.hold_by(by, key);
    s.run_until_answered(by.async_release(call));
}

bool parent_is_empty(const scenario& s, const std::string& parent)
{
    return s.servers.nodes_below(parent).empty();
}

// A create is on its way to a leader that stands still, and its client comes to a leader that was
// replaced, which serves until it sees that it has no follower left.
class stale_word {
public:
    /// `phase`: of that leader's beat, once it goes on.
    explicit stale_word(nanoseconds phase)
    {
        warm(s, only, "k");
        s.run(phase);
        const auto replaced = s.leader();
        s.servers.pause(replaced);
        s.net.reset(s.servers.server(replaced));
        REQUIRE(s.run_until([&] { return s.servers.leader() && s.leader() != replaced; }));
        const auto successor = s.leader();
        use(scenario::host_of(3 - replaced - successor));
        s.run(200ms);
        REQUIRE(only.state() == session_state::connected);

        s.servers.pause(successor);
        call = only.lock("k");
        s.run(50ms);
        use(scenario::host_of(replaced));
        s.run(50ms);
        go_on = [this, replaced, successor] {
            s.servers.resume(replaced);
            s.run(100ms);
            s.servers.resume(successor);
            use(s.hosts());
        };
    }

    scenario s;
    actor& only{s.connect()};
    attempt_ptr call;
    std::function<void()> go_on;

private:
    void use(const std::string& hosts)
    {
        only.run([&] { only.session().set_hosts(hosts); });
    }
};

} // namespace

TEST_CASE("a create whose answer is lost is found again, and granted under its first name",
          "[simulation][known-failure][ghost_create_lost]")
{
    scenario s;
    auto& only = s.connect();
    warm(s, only, "k");
    s.requests.plan(only.host(), {.what = kind::cut_after});

    const auto call = only.lock("k");
    s.run_until([&] { return !s.contenders("k").empty(); });
    const auto made = s.contenders("k");
    s.run_until_answered(call);

    REQUIRE(call->held());
    CHECK(s.path_of("k", made.front()) == call->got->path());
    CHECK(s.contenders("k") == made);
    CHECK(s.finish() == "");
}

TEST_CASE("a lost create is not taken for never made on the word of a leader that was replaced",
          "[simulation][known-failure][ghost_create_lost]")
{
    stale_word told(GENERATE(0ms, 125ms, 250ms, 375ms));
    auto& s = told.s;

    told.go_on();

    CHECK(s.run_until_answered(told.call, 2 * s.timeout()));
    CHECK(told.call->held());
    CHECK(s.contenders("k").size() == 1);
    CHECK(told.only.session().epoch() == 1);
    CHECK(s.finish() == "");
}

TEST_CASE("a total cancellation is not answered on the word of a leader that was replaced",
          "[simulation][known-failure][ghost_create_cancelled]")
{
    stale_word told(GENERATE(0ms, 125ms, 250ms, 375ms));
    auto& s = told.s;
    told.only.cancel(told.call, boost::asio::cancellation_type::total);

    told.go_on();

    CHECK(s.run_until_answered(told.call, 2 * s.timeout()));
    CHECK_FALSE(s.run_until([&] { return !s.contenders("k").empty(); }, s.timeout() / 4));
    CHECK(s.finish() == "");
}

TEST_CASE("a lost create that comes after it was looked for is found and deleted",
          "[simulation][known-failure][ghost_create_lost]")
{
    const auto seed = GENERATE(range(1U, 11U));
    scenario s({.seed = seed});
    const auto stood_still = s.follower();
    const auto other = 3 - s.leader() - stood_still;
    auto config = s.usual();
    config.hosts = scenario::host_of(stood_still);
    auto& only = s.connect(config);
    warm(s, only, "k");

    // The create lies in the server's socket, and behind it an attempt to connect again.
    s.servers.pause(stood_still);
    const auto call = only.lock("k");
    s.run(s.timeout() / 2);
    only.run([&] { only.session().set_hosts(scenario::host_of(other)); });
    REQUIRE(s.run_until_answered(call, s.timeout() / 2));
    REQUIRE(call->held());
    s.servers.resume(stood_still); // makes it the session's server again, in front of the create
    s.run(100ms);
    only.release(call);

    CHECK(s.run_until([&] { return s.contenders("k").empty(); }, 4 * s.timeout()));
    const auto again = only.lock("k");
    CHECK(s.run_until_answered(again, s.timeout()));
    CHECK(again->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a create whose answer is lost, of an attempt that nobody wants any more, is deleted",
          "[simulation][known-failure][ghost_create_cancelled]")
{
    const auto type = GENERATE(asio::cancellation_type::total,
                               asio::cancellation_type::partial,
                               asio::cancellation_type::terminal);
    scenario s;
    auto& only = s.connect();
    warm(s, only, "k");
    s.requests.plan(only.host(), {.what = kind::cut_after});

    const auto call = only.lock("k");
    s.run_until([&] { return !s.contenders("k").empty(); });
    only.cancel(call, type);

    CHECK(s.run_until_answered(call, 2s));
    CHECK(call->ec == asio::error::operation_aborted);
    CHECK(s.run_until([&] { return s.contenders("k").empty(); }, 2s));
    CHECK(s.finish() == "");
}

TEST_CASE("the clean-up of a cancelled attempt outlives the outage it was cancelled in",
          "[simulation][known-failure][cleanup_cancelled]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    s.cut(waiter);
    s.run(50ms);
    waiter.cancel(waiting, asio::cancellation_type::partial);
    s.run(50ms);
    CHECK(waiting->answers == 1); // at once, whatever becomes of the clean-up
    CHECK(s.contenders("k").size() == 2);
    s.run(s.timeout() / 4);
    s.mend(waiter);

    CHECK(s.run_until([&] { return s.contenders("k").size() == 1; }, s.timeout()));
    CHECK(waiter.session().epoch() == 1);
    CHECK(held->held());
    CHECK(s.finish() == "");
}

TEST_CASE("who releases in an outage and locks again does not wait for its own leftover",
          "[simulation][known-failure][own_leftover_ahead][release_during_outage]")
{
    scenario s;
    auto& only = s.connect();
    const auto held = s.hold_by(only, "k");

    s.cut(only);
    s.run(100ms);
    const auto released = only.async_release(held);
    const auto again = only.lock("k");
    s.run(300ms);
    CHECK(released->answers == 0); // told when it is done, not before
    CHECK(again->answers == 0);
    s.mend(only);

    CHECK(s.run_until_answered(again, s.timeout()));
    CHECK(again->held());
    CHECK(released->ec == error_code());
    CHECK(s.contenders("k").size() == 1);
    CHECK(only.session().epoch() == 1);
    CHECK(s.finish() == "");
}

TEST_CASE("a lost create is found and deleted below a chroot, too",
          "[simulation][known-failure][ghost_search_chroot]")
{
    const bool wanted = GENERATE(true, false);
    scenario s;
    auto config = s.usual();
    config.hosts += "/app/one";
    auto& only = s.connect(config);
    warm(s, only, "k");
    const std::string parent = "/app/one/locks/k";
    REQUIRE(s.servers.node(parent));
    s.requests.plan(only.host(), {.what = kind::cut_after});

    const auto call = only.lock("k");
    s.run_until([&] { return !parent_is_empty(s, parent); });
    if (!wanted)
        only.cancel(call, asio::cancellation_type::partial);
    CHECK(s.run_until_answered(call, 2s));
    s.run(1s);

    CHECK(s.servers.nodes_below(parent).size() == (wanted ? 1 : 0));
    CHECK(call->held() == wanted);
    CHECK(s.finish() == "");
    CHECK(parent_is_empty(s, parent));
}

TEST_CASE("a contender whose listing fails is granted or deleted, never forgotten",
          "[simulation][known-failure][error_after_create]")
{
    const auto with = GENERATE(code::system_error, code::no_auth, code::throttled, code::no_node);
    scenario s;
    auto& only = s.connect();
    warm(s, only, "k");
    s.requests.plan(only.host(), {.what = kind::fail, .answer = with, .skip = 1});

    const auto call = only.lock("k");
    CHECK(s.run_until_answered(call, 1s));
    s.run(100ms);

    CHECK(call->held() == !call->ec);
    CHECK(s.contenders("k").size() == (call->ec ? 0 : 1));
    CHECK(s.finish() == "");
}

TEST_CASE("a delete is tried until it succeeds, whatever is answered to it",
          "[simulation][known-failure][cleanup_one_shot]")
{
    const bool waits = GENERATE(false, true);
    scenario s;
    auto& only = s.connect();
    const auto held = s.hold_by(only, "k");
    s.run(100ms); // its first checks are done
    for (const auto what : {kind::cut_before, kind::cut_reading, kind::reply_lost})
        s.requests.plan(only.host(), {.what = what});
    for (const auto with : {code::throttled, code::system_error, code::no_auth, code::not_empty})
        s.requests.plan(only.host(), {.what = kind::fail, .answer = with});

    const auto released = waits ? only.async_release(held) : nullptr;
    if (!waits)
        only.release(held);

    CHECK(s.run_until([&] { return s.contenders("k").empty(); }, s.timeout() * 4));
    CHECK((!released || s.run_until_answered(released)));
    CHECK(only.session().epoch() == 1);
    CHECK(s.finish() == "");
}

TEST_CASE("the first error is the one that is reported, also when the clean-up fails",
          "[simulation][known-failure][acceptance]")
{
    scenario s;
    auto& only = s.connect();
    warm(s, only, "k");
    // Behind the create both its listings fail, and then the delete, twice.
    s.requests.plan(only.host(), {.what = kind::fail, .answer = code::system_error, .skip = 1});
    s.requests.plan(only.host(), {.what = kind::fail, .answer = code::no_auth});
    s.requests.plan(only.host(), {.what = kind::fail, .answer = code::throttled});
    s.requests.plan(only.host(), {.what = kind::cut_before});

    const auto call = only.lock("k");
    CHECK(s.run_until_answered(call, 1s));

    CHECK(call->ec == errc::not_authorized);
    CHECK(s.run_until([&] { return s.contenders("k").empty(); }, s.timeout()));
    CHECK(s.requests.met() == 4);
    CHECK(s.finish() == "");
}

TEST_CASE("a delete that finds nothing is done, and not tried again",
          "[simulation][known-failure][acceptance]")
{
    scenario s;
    auto& only = s.connect();
    const auto held = s.hold_by(only, "k");
    const auto before = only.usage();

    s.remove(held->got->path());
    const auto released = only.async_release(held);
    CHECK(s.run_until_answered(released, 1s));
    s.run(s.timeout());

    CHECK(released->ec == error_code());
    const auto after = only.usage();
    CHECK((after.writes - after.evidence) - (before.writes - before.evidence) == 1);
    CHECK(s.finish() == "");
}

TEST_CASE("a create on its way when the session is closed leaves no contender",
          "[simulation][known-failure][close_races_create]")
{
    const int delay_us = GENERATE(0, 100, 200, 300, 400, 600, 800, 1'000, 1'500);
    scenario s;
    auto& only = s.connect();
    warm(s, only, "k");

    const auto call = only.lock("k");
    s.run(std::chrono::microseconds(delay_us));
    const auto closed = only.close();

    CHECK(s.run_until_answered(closed, 2s));
    CHECK(call->answers == 1);
    CHECK((!call->ec || call->ec == errc::session_closed));
    CHECK_FALSE(call->held());
    CHECK(s.contenders("k").empty());
    CHECK(s.finish() == "");
}

TEST_CASE("a session closed in an outage leaves its contender to the ensemble, and no longer",
          "[simulation][known-failure][close_races_create][release_during_outage]")
{
    scenario s;
    auto& only = s.connect();
    auto& next = s.connect();
    const auto held = s.hold_by(only, "k");
    const auto waiting = s.wait_by(next, "k");

    s.cut(only);
    const auto closed = only.close();

    CHECK(s.run_until_answered(closed, 5s));
    CHECK(closed->ec == errc::in_doubt);
    CHECK_FALSE(held->held());
    CHECK(s.run_until_answered(waiting, s.freed_within()));
    CHECK(waiting->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a waiter whose contender is deleted from outside queues again and is granted",
          "[simulation][known-failure][acceptance]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    s.remove(s.path_of("k", s.contenders("k").back()));
    CHECK(s.run_until([&] { return s.contenders("k").size() == 2; }, s.timeout() / 4));
    holder.release(held);

    CHECK(s.run_until_answered(waiting, 1s));
    CHECK(waiting->held());
    CHECK(s.finish() == "");
}
