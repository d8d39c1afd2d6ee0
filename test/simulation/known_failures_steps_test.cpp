// What happens to a program in the middle of its doings: at each step of it, one after the other.

#include "test/simulation/scenario.hpp"

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <functional>

using namespace paddock;
using namespace paddock::simulation;

namespace asio = boost::asio;

namespace {

// Fewer, and a loop over all steps would have looked at none that matter.
constexpr std::uint64_t steps_min = 5;

bool owns_contender(scenario& s, std::int64_t session)
{
    const auto nodes = s.servers.nodes_below(scenario::root);
    return std::any_of(nodes.begin(), nodes.end(), [&](const node_view& each) {
        return each.stat.ephemeral_owner == session;
    });
}

// The victim takes the lock, holds it for 5 ms and lets go; behind so many steps of it something
// happens; behind none, right after the call. The key is free, or held by another for 20 ms more.
class story {
public:
    explicit story(bool in_queue)
    {
        if (!in_queue)
            return;
        const auto held = s.hold_by(other, "k");
        s.where.after(20ms, [this, held] { other.release(held); });
    }

    /// Says whether the victim was still busy when it happened.
    bool run(std::uint64_t steps, const std::function<void()>& what)
    {
        bool happened = false;
        bool busy = false;
        const auto happen = [&] {
            happened = true;
            busy = !let_go || let_go->answers == 0;
            what();
        };
        victim.host().die_after(steps, happen);
        call = victim.lock("k");
        if (steps == 0)
            happen();
        const auto dead = [&] { return !victim.host().alive(); };
        s.run_until([&] { return call->answers != 0 || dead(); }, s.freed_within() * 2);
        if (call->answers != 0 && call->got && !dead()) {
            s.run(5ms);
            let_go = victim.async_release(call);
            s.run_until([&] { return let_go->answers != 0 || dead(); }, s.freed_within() * 2);
        }
        s.run_until([&] { return happened; }, 10s);
        return busy;
    }

    /// Whoever comes next gets the key in time, once.
    void successor_follows(time_point since)
    {
        const auto next = other.lock("k");
        CHECK(s.run_until_answered(next, since + s.freed_within() - s.where.now()));
        CHECK(next->held());
        other.release(next);
    }

    scenario s;
    actor& victim{s.connect()};
    actor& other{s.connect()};
    attempt_ptr call;
    ending_ptr let_go;
};

} // namespace

TEST_CASE("an attempt cancelled at any step leaves nothing behind, and is told once",
          "[simulation][known-failure][ghost_create_cancelled][cleanup_cancelled][cancel_at_each_"
          "step]")
{
    const auto type = GENERATE(asio::cancellation_type::total,
                               asio::cancellation_type::partial,
                               asio::cancellation_type::terminal);
    const bool in_queue = GENERATE(false, true);

    for (std::uint64_t step = 0;; ++step) {
        CAPTURE(static_cast<int>(type), in_queue, step);
        story told(in_queue);
        bool node_left = false;
        const auto session = told.victim.session_id();
        told.victim.on_answer = [&](const attempt_ptr& call) {
            if (call->ec == asio::error::operation_aborted)
                node_left = owns_contender(told.s, session);
        };

        const bool busy = told.run(step, [&] { told.victim.cancel(told.call, type); });

        CHECK(told.call->answers == 1);
        CHECK((!told.call->ec || told.call->ec == asio::error::operation_aborted));
        CHECK((!node_left || type != asio::cancellation_type::total));
        told.successor_follows(told.s.where.now());
        CHECK(told.s.finish() == "");
        REQUIRE(step < 500);
        if (!busy) {
            CHECK(step >= steps_min);
            break;
        }
    }
}

TEST_CASE("an attempt cancelled with its answers lost leaves nothing behind",
          "[simulation][known-failure][ghost_create_cancelled][cleanup_cancelled]")
{
    const bool in_queue = GENERATE(false, true);

    for (std::uint64_t step = 0; step < 40; ++step) {
        CAPTURE(in_queue, step);
        story told(in_queue);
        for (int times = 0; times < 3; ++times)
            told.s.requests.plan(told.victim.host(), {.what = request_faults::kind::cut_after});

        told.run(step, [&] { told.victim.cancel(told.call, asio::cancellation_type::partial); });

        CHECK(told.call->answers == 1);
        CHECK(told.s.finish() == "");
    }
}

TEST_CASE("a session destroyed at any step answers every call once and leaves nothing at the "
          "ensemble",
          "[simulation][known-failure][close_races_create][destroy_at_each_step]")
{
    const bool in_queue = GENERATE(false, true);

    for (std::uint64_t step = 0;; ++step) {
        CAPTURE(in_queue, step);
        story told(in_queue);
        const auto session = told.victim.session_id();

        const bool busy = told.run(step, [&] { told.victim.destroy_session(); });

        CHECK(told.call->answers == 1);
        CHECK((!told.let_go || told.let_go->answers == 1));
        told.s.run(20ms); // the close, and nothing else, is on its way
        CHECK_FALSE(owns_contender(told.s, session));
        told.successor_follows(told.s.where.now());
        CHECK(told.s.finish() == "");
        REQUIRE(step < 500);
        if (!busy) {
            CHECK(step >= steps_min);
            break;
        }
    }
}

TEST_CASE("a program killed at any step frees its key within the time-out, two ticks and a second",
          "[simulation][known-failure][kill_at_each_step][container_never_used]")
{
    const bool in_queue = GENERATE(false, true);

    for (std::uint64_t step = 0;; ++step) {
        CAPTURE(in_queue, step);
        story told(in_queue);
        time_point killed{};

        const bool busy = told.run(step, [&] {
            told.victim.kill();
            killed = told.s.where.now();
        });
        told.successor_follows(killed);

        CHECK(told.s.finish() == "");
        told.s.servers.check_containers_now(); // also one that the dead made and never used
        told.s.run(20ms);
        CHECK(told.s.servers.nodes_below(scenario::root).empty());
        REQUIRE(step < 500);
        if (!busy) {
            CHECK(step >= steps_min);
            break;
        }
    }
}

TEST_CASE("a connection lost at any step costs neither the place nor the hold",
          "[simulation][known-failure][reconnect_while_waiting][missed_wake]")
{
    const bool in_queue = GENERATE(false, true);

    for (std::uint64_t step = 0;; ++step) {
        CAPTURE(in_queue, step);
        story told(in_queue);

        const bool busy = told.run(step, [&] { told.s.net.hang_up(told.victim.host()); });

        CHECK(told.call->answers == 1);
        CHECK_FALSE(told.call->ec);
        REQUIRE(told.let_go);
        CHECK(told.let_go->answers == 1);
        CHECK_FALSE(told.let_go->ec);
        CHECK(told.victim.session().epoch() == 1);
        CHECK(told.s.finish() == "");
        REQUIRE(step < 500);
        if (!busy) {
            CHECK(step >= steps_min);
            break;
        }
    }
}

TEST_CASE("a session lost at any step is told, and its next call works",
          "[simulation][known-failure][expired_while_queued][session_lost_at_each_step]")
{
    const bool in_queue = GENERATE(false, true);

    for (std::uint64_t step = 0;; ++step) {
        CAPTURE(in_queue, step);
        story told(in_queue);
        const auto expired = told.s.servers.seen().sessions_expired;

        const bool busy = told.run(step, [&] {
            told.s.cut(told.victim);
            told.s.where.after(told.s.freed_within(), [&] { told.s.mend(told.victim); });
        });
        told.s.run(told.s.freed_within());

        CHECK(told.call->answers == 1);
        CHECK((!told.call->ec || told.call->ec == errc::session_lost ||
               told.call->ec == errc::unreachable));
        CHECK(told.s.servers.seen().sessions_expired == expired + 1);
        CHECK(told.s.run_until([&] { return told.victim.state() == session_state::connected; }));
        const auto again = told.victim.lock("k");
        CHECK(told.s.run_until_answered(again, 1s));
        CHECK(again->held());
        CHECK(told.s.finish() == "");
        REQUIRE(step < 500);
        if (!busy) {
            CHECK(step >= steps_min);
            break;
        }
    }
}

TEST_CASE("a program stopped at any step, for longer than its session lives, believes nothing when "
          "it goes on",
          "[simulation][known-failure][paused_past_deadline][stop_at_each_step]")
{
    const bool in_queue = GENERATE(false, true);

    for (std::uint64_t step = 0;; ++step) {
        CAPTURE(in_queue, step);
        story told(in_queue);
        bool believed = false;

        const bool busy = told.run(step, [&] {
            told.victim.stop();
            told.s.where.after(told.s.freed_within(), [&] {
                believed = told.call->held(); // as its own first look, before anything else is done
                told.victim.go_on();
            });
        });
        told.s.run(told.s.freed_within());

        CHECK(told.call->answers == 1);
        CHECK_FALSE(believed);
        told.successor_follows(told.s.where.now());
        CHECK(told.s.finish() == "");
        REQUIRE(step < 500);
        if (!busy) {
            CHECK(step >= steps_min);
            break;
        }
    }
}

TEST_CASE("a predecessor that leaves at any moment, also between the list and the watch, wakes the "
          "next",
          "[simulation][known-failure][predecessor_gone][missed_wake]")
{
    // An attempt takes less than 3 ms until its watch is set.
    for (auto delay = 0us; delay < 3ms; delay += 25us) {
        CAPTURE(delay.count());
        scenario s;
        auto& first = s.connect();
        auto& second = s.connect();
        auto& third = s.connect();
        const auto held = s.hold_by(first, "k");

        const auto waiting = second.lock("k");
        s.where.after(1us, [&] { third.lock("k"); });
        s.run(delay);
        first.release(held);
        CHECK(s.run_until_answered(waiting, 1s));
        CHECK(waiting->held());
        second.release(waiting);
        const auto& last = third.attempts().front();
        CHECK(s.run_until_answered(last, 1s));

        CHECK(last->answered > waiting->answered); // the place is kept
        CHECK(s.finish() == "");
    }
}

TEST_CASE("a parent cleaned away at any step is made again",
          "[simulation][known-failure][parent_vanishes]")
{
    for (std::uint64_t step = 1; step < 40; ++step) {
        CAPTURE(step);
        scenario s;
        auto& only = s.connect();
        only.host().die_after(step, [&] { s.servers.check_containers_now(); });
        // The other way: what an operator deletes is not even a container.
        s.where.after(step * 50us, [&] { s.servers.remove_by_operator("/locks/k"); });

        const auto call = s.hold_by(only, "k");

        CHECK(call->held());
        CHECK(s.finish() == "");
    }
}
