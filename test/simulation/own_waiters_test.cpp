// Waiting behind contenders of one's own session: nothing is watched, and no wake is lost.

#include "test/simulation/scenario.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace paddock;
using namespace paddock::simulation;

namespace asio = boost::asio;

namespace {

using kind = request_faults::kind;

// What a lock and its release send, beside what keeps the session: the create and the listing that
// goes with it, the delete; and the look of who is woken.
constexpr std::uint64_t to_arrive = 2;
constexpr std::uint64_t to_look = 1;
constexpr std::uint64_t to_watch = 1;
constexpr std::uint64_t to_leave = 1;

// Programs whose key has its parents.
class queue {
public:
    explicit queue(std::size_t programs)
    {
        for (std::size_t each = 0; each < programs; ++each)
            who.push_back(&s.connect());
        who[0]->release(s.hold_by(*who[0], "k"));
        s.run(20ms);
    }

    attempt_ptr join(std::size_t program) { return s.wait_by(*who[program], "k"); }

    std::uint64_t requests() const
    {
        std::uint64_t sum = 0;
        for (const auto* each : who)
            sum += lock_requests(*each);
        return sum;
    }

    // In the order of their calls, each for a moment.
    void serve(const std::vector<std::pair<std::size_t, attempt_ptr>>& calls)
    {
        for (const auto& [program, call] : calls) {
            REQUIRE(s.run_until_answered(call, 100ms));
            REQUIRE(call->held());
            who[program]->release(call);
        }
        s.run(20ms);
    }

    /// How long a lost contender may stay unnoticed: the next check, and looking at its outcome.
    nanoseconds noticed_within() const { return s.timeout() / 8 + s.timeout() / 16; }

    scenario s;
    std::vector<actor*> who;
};

} // namespace

TEST_CASE("waiters of one session send nothing to wait for each other",
          "[simulation][waiters][requests_per_hand_over]")
{
    queue q(1);
    constexpr std::uint64_t many = 20;
    const auto before = q.requests();
    std::vector<std::pair<std::size_t, attempt_ptr>> calls;
    for (std::uint64_t each = 0; each < many; ++each)
        calls.emplace_back(0, q.join(0));

    CHECK(q.requests() - before == many * to_arrive);
    CHECK(q.who[0]->usage().watches == 0);
    CHECK(q.s.servers.watches() == 0);
    const auto idle = q.requests();
    q.s.run(q.s.timeout() * 2);
    CHECK(q.requests() == idle);

    q.serve(calls);
    CHECK(q.requests() - idle == (many - 1) * to_look + many * to_leave);
    CHECK(q.who[0]->usage().watch_events == 0);
    CHECK(q.s.finish() == "");
}

TEST_CASE("of a queue of two sessions only those watch who wait behind the other",
          "[simulation][waiters][requests_per_hand_over]")
{
    const std::string order = GENERATE("aaabbb", "ababab", "aabbaabb", "abbbbbba");
    CAPTURE(order);
    queue q(2);
    const auto before = q.requests();
    std::vector<std::pair<std::size_t, attempt_ptr>> calls;
    std::uint64_t strangers = 0;
    for (std::size_t each = 0; each < order.size(); ++each) {
        const auto program = static_cast<std::size_t>(order[each] - 'a');
        strangers += each > 0 && order[each] != order[each - 1] ? 1 : 0;
        calls.emplace_back(program, q.join(program));
    }

    CHECK(q.s.servers.watches() == strangers);
    CHECK(q.requests() - before == order.size() * to_arrive + strangers * to_watch);
    const auto arrived = q.requests();
    q.serve(calls);

    CHECK(q.requests() - arrived == (order.size() - 1) * to_look + order.size() * to_leave);
    CHECK(q.who[0]->usage().watch_events + q.who[1]->usage().watch_events == strangers);
    CHECK(q.s.finish() == "");
}

TEST_CASE(
    "a waiter that gives up behind one of its own session has only its contender to take away",
    "[simulation][waiters]")
{
    queue q(1);
    const auto held = q.join(0);
    const auto before = q.requests();
    const auto limited = q.who[0]->try_lock_for("k", 50ms);
    const auto behind = q.join(0);
    REQUIRE(q.s.run_until_answered(limited, 1s));
    CHECK_FALSE(limited->got);
    q.s.run(20ms);

    CHECK(q.requests() - before == 2 * to_arrive + to_leave + to_look);
    CHECK(behind->answers == 0);
    q.who[0]->release(held);
    CHECK(q.s.run_until_answered(behind, 100ms));
    CHECK(q.s.finish() == "");
}

TEST_CASE("a predecessor of the same session that leaves at any moment wakes the next at once",
          "[simulation][waiters][predecessor_gone][missed_wake]")
{
    for (nanoseconds later{0}; later < 12ms; later += 100us) {
        CAPTURE(later.count());
        queue q(1);
        const auto held = q.join(0);
        const auto next = q.who[0]->lock("k");
        q.s.run(later);
        q.who[0]->release(held);

        // An eighth of the time-out would do if it took a check to notice.
        REQUIRE(q.s.run_until_answered(next, q.s.timeout() / 16));
        CHECK(next->held());
        CHECK(q.s.finish() == "");
    }
}

TEST_CASE("waiters of one session that are cancelled wake who waits behind them",
          "[simulation][waiters][missed_wake]")
{
    const auto type = GENERATE(asio::cancellation_type::total, asio::cancellation_type::partial);
    queue q(1);
    const auto held = q.join(0);
    std::vector<attempt_ptr> waiting;
    for (int each = 0; each < 9; ++each)
        waiting.push_back(q.join(0));

    for (const std::size_t each : {4U, 3U, 0U, 8U, 5U}) {
        q.who[0]->cancel(waiting[each], type);
        REQUIRE(q.s.run_until_answered(waiting[each], 100ms));
        CHECK(waiting[each]->ec == asio::error::operation_aborted);
    }
    q.who[0]->release(held);
    for (const std::size_t each : {1U, 2U, 6U, 7U}) {
        REQUIRE(q.s.run_until_answered(waiting[each], 100ms));
        q.who[0]->release(waiting[each]);
    }
    CHECK(q.s.finish() == "");
}

TEST_CASE("a waiter behind a hold of its session that an operator ended is woken",
          "[simulation][waiters][missed_wake]")
{
    queue q(1);
    const auto held = q.join(0);
    const auto next = q.join(0);

    q.s.remove(held->got->path());

    CHECK(q.s.run_until_answered(next, q.noticed_within()));
    CHECK(next->held());
    CHECK_FALSE(held->held());
    CHECK(q.s.finish() == "");
}

TEST_CASE("a waiter behind a waiter of its session that an operator deleted is woken, and its "
          "predecessor queues again behind it",
          "[simulation][waiters][missed_wake]")
{
    queue q(2);
    const auto held = q.join(1);
    const auto deleted = q.join(0);
    const auto next = q.join(0);

    q.s.remove(q.s.path_of("k", q.s.contenders("k")[1]));
    q.s.run(q.noticed_within());
    REQUIRE(q.s.contenders("k").size() == 3);
    q.who[1]->release(held);

    CHECK(q.s.run_until_answered(next, 100ms));
    CHECK(deleted->answers == 0);
    q.who[0]->release(next);
    CHECK(q.s.run_until_answered(deleted, 100ms));
    CHECK(q.s.finish() == "");
}

TEST_CASE("a verification that finds the hold's znode gone wakes the waiter behind it",
          "[simulation][waiters][missed_wake]")
{
    queue q(1);
    const auto held = q.join(0);
    const auto next = q.join(0);

    q.s.remove(held->got->path());
    const auto verified = q.who[0]->verify(held);

    CHECK(q.s.run_until_answered(verified, 100ms));
    CHECK(verified->ec == errc::hold_lost);
    CHECK(q.s.run_until_answered(next, q.s.timeout() / 16));
    CHECK(q.s.finish() == "");
}

TEST_CASE("a release that finds its znode deleted by an operator wakes the waiter behind it",
          "[simulation][waiters][missed_wake]")
{
    queue q(1);
    const auto held = q.join(0);
    const auto next = q.join(0);
    q.s.cut(*q.who[0]);
    q.who[0]->release(held);
    q.s.remove(q.s.path_of("k", q.s.contenders("k")[0]));
    q.s.run(10ms);
    q.s.mend(*q.who[0]);

    CHECK(q.s.run_until_answered(next, q.s.timeout()));
    CHECK(next->held());
    CHECK(q.who[0]->session().epoch() == 1);
    CHECK(q.s.finish() == "");
}

TEST_CASE("a hold that ends by itself wakes the waiter of its session behind it",
          "[simulation][waiters][missed_wake]")
{
    scenario s;
    auto& only = s.connect(s.usual(), {.max_hold = 100ms});
    const auto held = s.hold_by(only, "k");
    const auto next = s.wait_by(only, "k");

    CHECK(s.run_until_answered(next, 150ms));
    CHECK_FALSE(held->held());
    CHECK(next->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a session that lost its belief and was resumed serves its own waiters",
          "[simulation][waiters][reconnect_while_waiting]")
{
    queue q(1);
    const auto held = q.join(0);
    const auto first = q.join(0);
    const auto second = q.join(0);

    q.s.cut(*q.who[0]);
    CHECK(q.s.run_until([&] { return !held->held(); }, q.s.timeout()));
    q.s.run(q.s.timeout() / 16);
    q.s.mend(*q.who[0]);

    CHECK(q.s.run_until_answered(first, q.s.timeout()));
    CHECK(q.who[0]->session().epoch() == 1);
    CHECK(first->held());
    q.who[0]->release(first);
    CHECK(q.s.run_until_answered(second, 100ms));
    CHECK(q.s.finish() == "");
}

TEST_CASE("waiters behind their own session's contenders are told when it expires, and woken by "
          "nothing of it in the next",
          "[simulation][waiters]")
{
    queue q(1);
    const auto held = q.join(0);
    std::vector<attempt_ptr> waiting{q.join(0), q.join(0), q.join(0)};
    q.who[0]->release(held);

    q.s.expire(*q.who[0]);

    for (const auto& each : waiting) {
        CHECK(q.s.run_until_answered(each, q.s.freed_within()));
        CHECK((each->ec == errc::session_lost || !each->ec));
        q.who[0]->release(each);
    }
    std::vector<std::pair<std::size_t, attempt_ptr>> calls;
    q.s.run_until([&] { return q.who[0]->state() == session_state::connected; });
    for (int each = 0; each < 5; ++each)
        calls.emplace_back(0, q.join(0));
    q.s.run(q.s.freed_within());
    q.serve(calls);
    CHECK(q.s.finish() == "");
}

TEST_CASE(
    "no request of a session that hands a key on to itself can be lost so that the next waits "
    "for ever",
    "[simulation][waiters][reply_lost_at_each_step]")
{
    const auto what =
        GENERATE(kind::reply_lost, kind::cut_before, kind::cut_after, kind::cut_reading);

    for (std::uint32_t step = 0;; ++step) {
        CAPTURE(static_cast<int>(what), step);
        queue q(1);
        q.s.requests.plan(q.who[0]->host(), {.what = what, .skip = step});
        std::vector<attempt_ptr> calls;
        for (int each = 0; each < 3; ++each)
            calls.push_back(q.who[0]->lock("k"));
        q.s.run(20ms);

        // An attempt that has to begin anew stands at the end of the queue.
        const auto granted = [&] {
            return std::find_if(
                calls.begin(), calls.end(), [](const auto& each) { return each->held(); });
        };
        while (!calls.empty()) {
            REQUIRE(q.s.run_until([&] { return granted() != calls.end(); }, q.s.timeout()));
            q.who[0]->release(*granted());
            calls.erase(std::find_if(calls.begin(), calls.end(), [](const auto& each) {
                return !each->got && each->answers != 0;
            }));
        }
        const bool reached = q.s.requests.met() != 0;
        CHECK(q.who[0]->session().epoch() == 1);
        CHECK(q.s.finish() == "");
        REQUIRE(step < 200);
        if (!reached) {
            CHECK(step >= 9);
            break;
        }
    }
}

TEST_CASE("a delete that is refused for a while only delays the next of the session",
          "[simulation][waiters]")
{
    const auto answer = GENERATE(code::no_auth, code::throttled, code::system_error);
    CAPTURE(static_cast<int>(answer));
    queue q(1);
    const auto held = q.join(0);
    const auto next = q.join(0);
    q.s.run(1ms);

    q.s.requests.plan(q.who[0]->host(), {.what = kind::fail, .answer = answer});
    q.who[0]->release(held);

    CHECK(q.s.run_until_answered(next, 2s));
    CHECK(next->held());
    CHECK(q.s.finish() == "");
}
