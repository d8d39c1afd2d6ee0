// Waiting: lost wake-ups, herds, deadlocks, watches, queues and their parents.

#include "test/simulation/ensemble_fixture.hpp"
#include "test/simulation/scenario.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

using namespace paddock;
using namespace paddock::simulation;

TEST_CASE("the first contender of all is number 0, is granted, and is waited for",
          "[simulation][known-failure][sentinel_zero][own_predecessor]")
{
    scenario s;
    auto& first = s.connect();
    auto& second = s.connect();

    const auto held = s.hold_by(first, "k");
    REQUIRE(held->held());
    CHECK(held->got->path().ends_with("-0000000000"));
    const auto waiting = s.wait_by(second, "k");
    CHECK(waiting->answers == 0);
    first.release(held);

    CHECK(s.run_until_answered(waiting, 100ms));
    CHECK(waiting->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a wake that comes while the waiter has no connection is not missed",
          "[simulation][known-failure][reconnect_while_waiting][missed_wake]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    s.cut(waiter);
    s.run(10ms);
    holder.release(held);
    s.run(s.timeout() / 2);
    CHECK(waiting->answers == 0);
    s.mend(waiter);

    CHECK(s.run_until_answered(waiting, s.timeout() / 2));
    CHECK(waiting->held());
    CHECK(waiter.session().epoch() == 1);
    CHECK(s.finish() == "");
}

TEST_CASE("a wake costs one look, however often the waiter was woken before",
          "[simulation][known-failure][busy_relist]")
{
    scenario s;
    auto& waiter = s.connect();
    std::vector<actor*> holders;
    std::vector<attempt_ptr> holds;
    for (int each = 0; each < 6; ++each) {
        holders.push_back(&s.connect());
        holds.push_back(holders.back()->lock("k"));
        s.run(10ms);
    }
    const auto waiting = s.wait_by(waiter, "k");

    // Its predecessors leave one after the other, the nearest first: each wakes it.
    for (std::size_t each = holds.size(); each-- > 1;) {
        const auto before = lock_requests(waiter);
        s.remove(s.path_of("k", s.contenders("k")[each]));
        s.run(30ms);
        CHECK(lock_requests(waiter) - before <= 2); // list, watch the next
        CHECK(waiting->answers == 0);
        holders[each]->cancel(holds[each], boost::asio::cancellation_type::partial);
        s.run(30ms);
    }
    const auto idle = lock_requests(waiter);
    s.run(s.timeout() * 2);
    CHECK(lock_requests(waiter) == idle); // nothing is asked without a reason

    holders[0]->release(holds[0]);
    CHECK(s.run_until_answered(waiting, 1s));
    CHECK(s.finish() == "");
}

TEST_CASE("a release wakes one waiter of many, and a hand-over costs the same however many wait",
          "[simulation][known-failure][herd][requests_per_hand_over]")
{
    scenario s;
    auto& holder = s.connect();
    auto& crowd = s.connect();
    auto turn = s.hold_by(holder, "k");
    std::vector<attempt_ptr> waiting;
    for (int each = 0; each < 40; ++each)
        waiting.push_back(crowd.lock("k"));
    s.run(200ms);
    REQUIRE(s.contenders("k").size() == 41);
    REQUIRE(crowd.usage().watches == 1); // the others wait for each other

    const auto before = lock_requests(crowd);
    const auto woken = crowd.usage().watch_events;
    holder.release(turn);
    for (const auto& each : waiting) {
        REQUIRE(s.run_until_answered(each, 1s));
        crowd.release(each);
    }
    s.run(50ms);

    CHECK(crowd.usage().watch_events - woken == 1);
    CHECK(s.servers.seen().woken_by_one_max == 1);
    CHECK(lock_requests(crowd) - before <= 40 * 2); // look, and leave
    CHECK(s.finish() == "");
}

TEST_CASE("user code called with an answer may lock, release and close",
          "[simulation][known-failure][callback_deadlock][callback_re_enters]")
{
    scenario s;
    auto& only = s.connect();
    auto& other = s.connect();
    const auto held = s.hold_by(only, "a");
    int rounds = 0;
    only.on_answer = [&](const attempt_ptr& call) {
        if (++rounds > 30 || !call->got)
            return;
        const auto same = only.try_lock("b"); // refused later: this very call holds it
        only.release(call);
        only.lock("b");
        if (rounds == 10)
            other.lock("b");
    };
    std::optional<std::stop_callback<std::function<void()>>> on_lost;
    on_lost.emplace(held->got->lost(), [&] { only.lock("a"); });

    only.lock("b");
    s.run(500ms);
    CHECK(rounds > 30);
    s.remove(held->got->path());
    s.run(s.timeout());
    only.on_answer = nullptr;

    int unanswered = 0;
    for (const auto& each : only.attempts()) {
        CHECK(each->answers <= 1);
        unanswered += each->answers == 0 ? 1 : 0;
    }
    CHECK(unanswered <= 1); // behind the last hold that nobody let go
    on_lost.reset();
    for (int each = 0; each < 40; ++each) {
        for (const auto& call : only.attempts())
            only.release(call);
        for (const auto& call : other.attempts())
            other.release(call);
        s.run(20ms);
    }
    CHECK(s.finish() == "");
}

TEST_CASE("a waiter keeps its place through many short losses of its connection",
          "[simulation][known-failure][reset_on_doubt][session_event_in_watch]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    auto& last = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");
    const auto behind = s.wait_by(last, "k");
    const auto queue = s.contenders("k");

    for (int each = 0; each < 20; ++each) {
        s.net.hang_up(waiter.host());
        s.run(s.timeout() / 6);
        REQUIRE(waiting->answers == 0); // a loss grants nothing
        REQUIRE(s.contenders("k") == queue);
    }
    holder.release(held);

    CHECK(s.run_until_answered(waiting, s.timeout()));
    CHECK(behind->answers == 0);
    CHECK(waiting->got->path() == s.path_of("k", queue[1]));
    waiter.release(waiting);
    CHECK(s.run_until_answered(behind, 1s));
    CHECK(s.finish() == "");
}

TEST_CASE("hundreds of waiters of one session all return when it is closed",
          "[simulation][known-failure][thread_per_waiter][handle_outlives_client]")
{
    scenario s;
    auto& only = s.connect();
    const auto held = s.hold_by(only, "k");
    for (int each = 0; each < 300; ++each)
        only.lock("k");
    s.run(500ms);

    only.destroy_session();
    s.run(100ms);

    for (const auto& each : only.attempts())
        CHECK(each->answers == 1);
    CHECK_FALSE(held->held());
    const auto late = only.lock("k"); // the lock object outlived its session
    CHECK(s.run_until_answered(late, 1s));
    CHECK(late->ec == errc::session_closed);
    only.release(held);
    CHECK(s.contenders("k").empty());
    CHECK(s.finish() == "");
}

TEST_CASE("attempts that give up leave no watch at the server",
          "[simulation][known-failure][exists_watch_leak][watch_bookkeeping]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");

    for (int each = 0; each < 100; ++each) {
        const auto call = waiter.try_lock_for("k", 3ms * (each % 5));
        REQUIRE(s.run_until_answered(call, 1s));
        CHECK_FALSE(call->got);
    }
    s.run(50ms);

    CHECK(waiter.usage().watches == 0);
    CHECK(s.servers.watches() == 0);
    CHECK(s.contenders("k").size() == 1);
    CHECK(held->held());
    CHECK(s.finish() == "");
}

TEST_CASE("the watches that are counted are the watches that are set",
          "[simulation][known-failure][watch_bookkeeping]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    std::vector<attempt_ptr> held;
    std::vector<attempt_ptr> waiting;
    for (int each = 0; each < 50; ++each) {
        held.push_back(holder.lock("k" + std::to_string(each)));
        s.run(5ms);
        waiting.push_back(waiter.lock("k" + std::to_string(each)));
    }
    s.run(50ms);
    CHECK(waiter.usage().watches == 50);
    CHECK(s.servers.watches() == 50);

    s.net.hang_up(waiter.host());
    s.run(s.timeout() / 2);
    CHECK(waiter.usage().watches == 50);
    CHECK(s.servers.watches() == 50); // set again

    for (const auto& each : held)
        holder.release(each);
    s.run(100ms);
    CHECK(waiter.usage().watches == 0);
    CHECK(s.servers.watches() == 0);
    for (const auto& each : waiting)
        CHECK(each->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a queue that is full refuses the next at once, and shrinks again",
          "[simulation][known-failure][listing_too_big]")
{
    scenario s;
    auto& holder = s.connect(s.usual(), {.waiters_max = 3});
    auto& waiter = s.connect(s.usual(), {.waiters_max = 3});
    const auto held = s.hold_by(holder, "k");
    const auto first = s.wait_by(waiter, "k");
    const auto second = s.wait_by(waiter, "k");

    const auto refused = waiter.lock("k");
    CHECK(s.run_until_answered(refused, 1s));
    CHECK(refused->ec == errc::queue_full);
    s.run(20ms);
    CHECK(s.contenders("k").size() == 3);

    holder.release(held);
    CHECK(s.run_until_answered(first, 1s));
    const auto fits = s.wait_by(waiter, "k");
    CHECK(fits->answers == 0);
    waiter.release(first);
    CHECK(s.run_until_answered(second, 1s));
    waiter.release(second);
    CHECK(s.run_until_answered(fits, 1s));
    CHECK(s.finish() == "");
}

TEST_CASE("parents of keys that nobody uses disappear, and the program keeps nothing of them",
          "[simulation][known-failure][parents_pile_up][per_key_leak]")
{
    scenario s;
    auto& only = s.connect();
    for (int each = 0; each < 1'000; ++each)
        only.try_lock("key-" + std::to_string(each));
    s.run(1s);
    for (const auto& each : only.attempts()) {
        REQUIRE(each->held());
        only.release(each);
    }
    s.run(1s);
    CHECK(s.servers.nodes_below(scenario::root).size() == 1'000);

    s.servers.check_containers_now();
    s.run(100ms);

    CHECK(s.servers.nodes_below(scenario::root).empty());
    const auto use = only.usage();
    CHECK(use.contenders + use.watches + use.holds + use.queued == 0);
    CHECK(s.finish() == "");
}

TEST_CASE("parents that are cleaned away all the time do not keep locks from being granted",
          "[simulation][known-failure][parent_vanishes]")
{
    scenario s;
    auto& one = s.connect();
    auto& two = s.connect();
    bool over = false;
    std::function<void()> reap = [&] {
        s.servers.check_containers_now();
        if (!over)
            s.where.after(200us, reap);
    };
    reap();

    for (int each = 0; each < 50; ++each) {
        auto& who = each % 2 == 0 ? one : two;
        const auto call = who.lock("k");
        REQUIRE(s.run_until_answered(call, 5s));
        REQUIRE_FALSE(call->ec);
        s.run(2ms);
        who.release(call);
    }
    over = true;
    CHECK(s.finish() == "");
}

TEST_CASE("a parent that was made and never used is taken up by the next",
          "[simulation][known-failure][container_never_used]")
{
    scenario s;
    auto& dead = s.connect();
    auto& next = s.connect();
    dead.lock("k");
    s.run_until([&] { return s.servers.node("/locks/k").has_value(); });
    dead.kill();
    s.run(s.freed_within());
    REQUIRE(s.servers.node("/locks/k"));
    REQUIRE(s.contenders("k").empty());

    const auto call = s.hold_by(next, "k");
    CHECK(call->held());
    next.release(call);
    s.run(50ms);
    s.servers.check_containers_now();
    s.run(50ms);

    CHECK_FALSE(s.servers.node("/locks/k"));
    CHECK(s.finish() == "");
}

TEST_CASE("a key that looks like another with something below it is a key of its own",
          "[simulation][known-failure][nested_keys]")
{
    scenario s;
    auto& one = s.connect();
    auto& two = s.connect();

    const auto outer = s.hold_by(one, "a");
    const auto inner = s.hold_by(two, "a/0");
    const auto like_a_contender = s.hold_by(two, "a/x-lock-0000000000");

    CHECK(outer->held());
    CHECK(inner->held());
    CHECK(like_a_contender->held());
    CHECK(s.contenders("a").size() == 1);
    CHECK(s.finish() == "");
}
