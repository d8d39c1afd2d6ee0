// Release and ownership, time-outs, and the states of a session.

#include "test/simulation/scenario.hpp"

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace paddock;
using namespace paddock::simulation;

namespace asio = boost::asio;

namespace {

// What a subscriber that keeps up is told, one after the other, each state once.
class subscriber {
public:
    explicit subscriber(actor& of) : of_(of) { next(); }

    std::vector<session_state> states;
    std::vector<std::uint64_t> epochs;

private:
    void next()
    {
        of_.run([this] {
            of_.session().async_next_status(last_, [this](error_code ec, session_status status) {
                if (ec)
                    return;
                last_ = status;
                if (states.empty() || states.back() != status.state) {
                    states.push_back(status.state);
                    epochs.push_back(status.epoch);
                }
                next();
            });
        });
    }

    actor& of_;
    session_status last_;
};

void pause_all(scenario& s)
{
    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.pause(each);
}

void resume_all(scenario& s)
{
    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.resume(each);
}

} // namespace

TEST_CASE("the late release of a lost hold does not touch the next holder's",
          "[simulation][known-failure][release_not_mine][token_of_object]")
{
    scenario s;
    auto& first = s.connect();
    auto& second = s.connect();
    const auto held = s.hold_by(first, "k");
    const auto token = held->got->token();
    const auto waiting = s.wait_by(second, "k");
    s.remove(held->got->path());
    REQUIRE(s.run_until_answered(waiting, s.timeout()));
    REQUIRE(s.run_until([&] { return !held->held(); }, s.timeout()));

    CHECK(held->got->token() == token); // its own for ever, whoever holds the key now
    CHECK(waiting->got->token() > token);
    const auto released = first.async_release(held);
    CHECK(s.run_until_answered(released, 1s));
    CHECK(released->ec == errc::hold_lost);
    s.run(s.timeout());

    CHECK(waiting->held());
    CHECK(s.servers.seen().foreign_deletes == 0);
    CHECK(s.finish() == "");
}

TEST_CASE("a release after the loss of its session is harmless, and the object works on",
          "[simulation][known-failure][release_after_loss]")
{
    scenario s;
    auto& only = s.connect();
    auto held = s.hold_by(only, "k");
    s.expire(only);
    REQUIRE(s.run_until([&] { return only.session().epoch() == 2; }));

    bool was_held = true;
    only.run([&] {
        was_held = held->got->release();
        was_held = held->got->release() || was_held;
    });
    CHECK_FALSE(was_held);
    const auto released = only.async_release(held);
    CHECK(s.run_until_answered(released, 1s));
    CHECK(released->ec == errc::hold_lost);
    const auto again = s.hold_by(only, "k");

    CHECK(again->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a cancellation that comes too late does not hit the next attempt",
          "[simulation][known-failure][cancel_sticks]")
{
    const auto type = GENERATE(asio::cancellation_type::total,
                               asio::cancellation_type::partial,
                               asio::cancellation_type::terminal);
    scenario s;
    auto& only = s.connect();
    const auto first = s.hold_by(only, "k");

    only.cancel(first, type);
    CHECK(first->held());
    only.release(first);
    only.cancel(first, type);
    const auto second = only.lock("k");
    only.cancel(first, type);

    CHECK(s.run_until_answered(second, 1s));
    CHECK(second->held());
    CHECK(s.finish() == "");
}

TEST_CASE("nothing is kept alive for a hold that was released",
          "[simulation][known-failure][zombie_renewal]")
{
    scenario s;
    auto& only = s.connect();
    const auto held = s.hold_by(only, "k");
    s.run(s.timeout() * 2);
    const auto while_held = only.usage().evidence;
    CHECK(while_held >= 10);

    only.release(held);
    s.run(s.timeout());
    const auto afterwards = only.usage().evidence;
    s.run(s.timeout() * 5);

    CHECK(only.usage().evidence == afterwards);
    CHECK(only.state() == session_state::connected); // the session itself goes on
    CHECK(s.finish() == "");
}

TEST_CASE("a call with a limit is answered within it by an ensemble that is frozen",
          "[simulation][known-failure][unbounded_try][deadline_with_frozen_servers]")
{
    const nanoseconds limit = GENERATE(1ms, 50ms, 700ms, 5'000ms);
    const bool connected = GENERATE(true, false);
    scenario s;
    auto& only = s.connect();
    if (!connected) {
        s.cut(only);
        s.run_until([&] { return only.state() == session_state::suspended; });
    }
    pause_all(s);

    const auto call = only.try_lock_for("k", limit);
    CHECK(s.run_until_answered(call, limit + 1us)); // what a process's clock shows is rounded
    CHECK_FALSE(call->got);

    resume_all(s);
    s.mend(only);
    s.run(s.freed_within());
    CHECK(s.finish() == "");
}

TEST_CASE("a limit counts from the call, however often the waiter is woken",
          "[simulation][known-failure][unbounded_try]")
{
    scenario s;
    auto& waiter = s.connect();
    std::vector<actor*> holders;
    std::vector<attempt_ptr> holds;
    for (int each = 0; each < 8; ++each) {
        holders.push_back(&s.connect());
        holds.push_back(holders.back()->lock("k"));
        s.run(10ms);
    }

    const auto call = waiter.try_lock_for("k", 300ms);
    const auto began = s.where.now();
    for (std::size_t each = holds.size(); each-- > 1;) {
        s.run(30ms);
        holders[each]->cancel(holds[each], asio::cancellation_type::partial);
        s.net.hang_up(waiter.host()); // and the search for the connection does not count extra
    }

    CHECK(s.run_until_answered(call, 300ms));
    CHECK(call->answered >= began + 300ms);
    CHECK(call->answered <= began + 300ms + 1us);
    CHECK_FALSE(call->got);
    CHECK(s.finish() == "");
}

TEST_CASE("a loss without expiry is told as suspended and connected, an expiry as lost, each once",
          "[simulation][known-failure][state_races][acceptance]")
{
    scenario s;
    auto& only = s.connect();
    subscriber told(only);
    s.run(10ms);

    s.cut(only);
    s.run(s.timeout() * 3 / 4); // noticed, and in time
    s.mend(only);
    REQUIRE(s.run_until([&] { return only.state() == session_state::connected; }));
    s.run(10ms);
    CHECK(told.states == std::vector{session_state::connected,
                                     session_state::suspended,
                                     session_state::connected});

    s.expire(only);
    REQUIRE(s.run_until([&] { return only.state() == session_state::connected; }));
    s.run(10ms);

    CHECK(told.states == std::vector{session_state::connected,
                                     session_state::suspended,
                                     session_state::connected,
                                     session_state::suspended,
                                     session_state::lost,
                                     session_state::connected});
    CHECK(told.epochs.back() == told.epochs.front() + 1);
    CHECK(s.finish() == "");
}

TEST_CASE("the servers die past the time-out: one loss, one new session",
          "[simulation][known-failure][state_races][acceptance]")
{
    scenario s;
    auto& only = s.connect();
    subscriber told(only);
    s.run(10ms);

    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.kill(each);
    s.run(s.timeout() * 3);
    CHECK(only.state() == session_state::lost);
    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.restart(each);
    REQUIRE(s.run_until([&] { return only.state() == session_state::connected; }));
    s.run(10ms);

    CHECK(told.states == std::vector{session_state::connected,
                                     session_state::suspended,
                                     session_state::lost,
                                     session_state::connected});
    CHECK(s.hold_by(only, "k")->held());
    CHECK(s.finish() == "");
}

TEST_CASE("who looks rarely finds the latest state and every renewal counted",
          "[simulation][known-failure][state_races][slow_listener]")
{
    scenario s;
    auto& only = s.connect();
    const auto seen_first = only.session().status();
    for (int each = 0; each < 30; ++each) {
        s.net.hang_up(only.host());
        s.run(s.timeout() / 4);
    }
    s.expire(only);
    REQUIRE(s.run_until([&] { return only.state() == session_state::connected; }));

    session_status latest;
    int answers = 0;
    only.run([&] {
        only.session().async_next_status(seen_first, [&](error_code, session_status status) {
            ++answers;
            latest = std::move(status);
        });
    });
    s.run(10ms);

    CHECK(answers == 1);
    CHECK(latest.state == session_state::connected);
    CHECK(latest.epoch == seen_first.epoch + 1);
    CHECK(latest.version > seen_first.version + 20);
    CHECK(s.finish() == "");
}

TEST_CASE("a new list of servers moves the session and costs neither its id nor its holds",
          "[simulation][known-failure][server_list_change]")
{
    scenario s;
    auto config = s.usual();
    config.hosts = scenario::host_of(0);
    auto& only = s.connect(config);
    const auto id = only.session_id();
    const auto held = s.hold_by(only, "k");

    only.run([&] { only.session().set_hosts(scenario::host_of(1) + "," + scenario::host_of(2)); });
    s.run(s.timeout());
    s.servers.kill(0); // it is there no more
    s.run(s.timeout());

    CHECK(held->held());
    CHECK(only.session_id() == id);
    s.servers.restart(0);
    s.run(s.timeout());
    CHECK(s.finish() == "");
}

TEST_CASE("one server of three that dies costs no hold",
          "[simulation][known-failure][one_server_lost]")
{
    const std::size_t dies = GENERATE(0U, 1U, 2U);
    scenario s({.timeout = 10'000ms, .tick = 500ms}); // longer than an election
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    s.servers.kill(dies);
    s.run(s.timeout() * 2);

    CHECK(held->held());
    holder.release(held);
    CHECK(s.run_until_answered(waiting, 5s));
    CHECK(waiting->held());
    s.servers.restart(dies);
    s.run(s.timeout());
    CHECK(s.finish() == "");
}

TEST_CASE("twenty programs stop with the ensemble and go on with two servers of three",
          "[simulation][known-failure][acceptance]")
{
    scenario s;
    std::vector<actor*> programs;
    for (int each = 0; each < 20; ++each)
        programs.push_back(&s.connect());
    const auto held = s.hold_by(*programs.front(), "k");
    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.kill(each);
    s.run(s.timeout() * 2);
    CHECK_FALSE(held->held());

    s.servers.restart(0);
    s.servers.restart(1);
    for (auto* const each : programs)
        each->lock("k");
    std::size_t granted = 0;
    for (auto* const each : programs) {
        each->on_answer = [&granted, each](const attempt_ptr& call) {
            granted += call->got ? 1 : 0;
            each->host().user_at(each->host().around().where.now() + 1ms,
                                 [each, call] { each->release(call); });
        };
    }
    s.run_until([&] { return granted == 20; }, 60s);

    CHECK(granted == 20);
    s.servers.restart(2);
    s.run(s.timeout());
    CHECK(s.finish() == "");
}

TEST_CASE("ten programs all lock again after the loss of their sessions",
          "[simulation][known-failure][acceptance]")
{
    scenario s;
    std::vector<actor*> programs;
    for (int each = 0; each < 10; ++each) {
        programs.push_back(&s.connect());
        programs.back()->lock("k");
    }
    s.run(500ms);
    for (auto* const each : programs)
        s.cut(*each);
    s.run(s.freed_within());
    for (auto* const each : programs)
        s.mend(*each);
    s.run(s.timeout());

    for (auto* const each : programs) {
        const auto call = each->lock("k");
        REQUIRE(s.run_until_answered(call, 5s));
        CHECK(call->held());
        each->release(call);
    }
    CHECK(s.finish() == "");
}

TEST_CASE("a holder and a waiter get through a restart of the only server",
          "[simulation][known-failure][acceptance]")
{
    scenario s({.servers = 1, .timeout = 10'000ms});
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    s.servers.kill(0);
    s.run(1s);
    s.servers.restart(0);
    s.run(2s);

    CHECK(held->held());
    holder.release(held);
    CHECK(s.run_until_answered(waiting, 5s));
    CHECK(waiting->held());
    CHECK(s.finish() == "");
}
