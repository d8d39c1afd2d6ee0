// Two holders: whatever happens to sessions, servers and clocks, one believes at most.

#include "test/simulation/ensemble_fixture.hpp"
#include "test/simulation/scenario.hpp"

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace paddock;
using namespace paddock::simulation;

namespace asio = boost::asio;

namespace {

session_config only_to(const scenario& s, std::size_t server)
{
    auto config = s.usual();
    config.hosts = scenario::host_of(server);
    return config;
}

// When each of three ends comes: of belief, of its signal, of the contender at the ensemble.
struct ends {
    std::optional<time_point> belief;
    std::optional<time_point> signal;
    std::optional<time_point> node;
};

ends await_ends(scenario& s, const attempt_ptr& held, nanoseconds limit)
{
    ends seen;
    const auto name = held->got->path();
    std::optional<std::stop_callback<std::function<void()>>> on_lost;
    on_lost.emplace(held->got->lost(), [&] { seen.signal = s.where.now(); });
    s.run_until(
        [&] {
            if (!seen.belief && !held->held())
                seen.belief = s.where.now();
            if (!seen.node && !s.servers.node(name))
                seen.node = s.where.now();
            return seen.belief && seen.signal && seen.node;
        },
        limit);
    return seen;
}

} // namespace

TEST_CASE("a new session waits for the end of the old one's contender, and never adopts it",
          "[simulation][known-failure][old_session_node][session_replaced]")
{
    scenario s;
    auto& only = s.connect();
    const auto before = s.hold_by(only, "k");
    const auto node = before->got->path();

    // The resumption is answered with another id: the old session lives on at the ensemble,
    // unheard.
    s.servers.replace_next_session();
    s.net.hang_up(only.host());
    REQUIRE(s.run_until([&] { return only.session().epoch() == 2; }));
    CHECK_FALSE(before->held());
    const auto again = only.lock("k");
    s.run(200ms);

    CHECK(s.servers.node(node));
    CHECK(again->answers == 0);
    CHECK(s.run_until_answered(again, s.freed_within()));
    CHECK_FALSE(s.servers.node(node));
    CHECK(s.contenders("k").size() == 1);
    CHECK(again->got->token() > before->got->token());
    CHECK(s.finish() == "");
}

TEST_CASE("a session whose resumption is answered with another id is lost, with its holds",
          "[simulation][known-failure][session_replaced]")
{
    scenario s;
    auto& only = s.connect();
    const auto held = s.hold_by(only, "k");
    const auto id = only.session_id();

    s.servers.replace_next_session();
    s.net.hang_up(only.host());

    CHECK(s.run_until([&] { return only.session().epoch() == 2; }));
    CHECK(only.session_id() != id);
    CHECK_FALSE(held->held());
    CHECK(held->got->lost().stop_requested());
    CHECK(s.finish() == "");
}

TEST_CASE("a waiter whose session expires while the queue moves on is told, and not granted",
          "[simulation][known-failure][expired_while_queued]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    s.cut(waiter);
    holder.release(held);
    CHECK(s.run_until_answered(waiting, s.freed_within()));
    s.mend(waiter);

    CHECK(waiting->ec == errc::session_lost);
    const auto again = s.hold_by(waiter, "k");
    CHECK(again->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a holder that is cut off stops to believe before another is granted, and holds the "
          "lower token",
          "[simulation][known-failure][partitioned_holder][write_after_renewal]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto old_token = held->got->token();
    const auto waiting = s.wait_by(waiter, "k");

    s.cut(holder);
    CHECK(s.run_until([&] { return !held->held(); }, s.timeout() / 2));
    CHECK(waiting->answers == 0);
    CHECK(s.run_until_answered(waiting, s.freed_within()));
    s.mend(holder);

    CHECK(waiting->held());
    CHECK(waiting->got->token() > old_token);
    CHECK(s.run_until([&] { return holder.session().epoch() == 2; }));
    CHECK_FALSE(held->held()); // a renewed session revives nothing of the old one
    CHECK(held->got->token() == old_token);
    const auto verified = holder.verify(held);
    CHECK(s.run_until_answered(verified, 1s));
    CHECK(verified->ec == errc::hold_lost);
    CHECK(s.finish() == "");
}

TEST_CASE("the loss is counted from the last thing proven, not from the disconnect, and told an "
          "eighth of the time-out before the ensemble acts",
          "[simulation][known-failure][lost_told_late][lost_before_expiry]")
{
    const std::uint64_t seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U);
    const auto times = GENERATE(scenario_config{.timeout = 1'000ms, .tick = 500ms},
                                scenario_config{.timeout = 2'000ms, .tick = 500ms},
                                scenario_config{.timeout = 10'000ms, .tick = 2'000ms});
    CAPTURE(seed, times.timeout.count());
    scenario s({.timeout = times.timeout, .tick = times.tick, .seed = seed});
    auto& holder = s.connect();
    const auto held = s.hold_by(holder, "k");
    s.run(s.timeout() * seed / 5); // anywhere between two pieces of evidence

    s.cut(holder); // no end of a connection is told to anybody
    const auto cut = s.where.now();
    const auto seen = await_ends(s, held, s.freed_within());

    REQUIRE(seen.belief);
    REQUIRE(seen.signal);
    REQUIRE(seen.node);
    CHECK(*seen.belief <= cut + s.timeout() / 2);
    CHECK(*seen.signal <= cut + s.timeout() / 2 + 1ms);
    CHECK(*seen.signal + s.timeout() / 8 <= *seen.node);
    s.mend(holder);
    CHECK(s.finish() == "");
}

TEST_CASE("a holder behind a follower that lost its leader stops to believe before another is "
          "granted",
          "[simulation][known-failure][isolated_follower]")
{
    const std::uint64_t seed = GENERATE(1U, 2U, 3U, 4U);
    scenario s({.timeout = 1'000ms, .tick = 500ms, .seed = seed}); // where half a tick weighs most
    const auto follower = s.follower();
    auto& holder = s.connect(only_to(s, follower));
    auto& waiter = s.connect(only_to(s, s.leader()));
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");
    s.run(s.timeout() * seed / 3);

    s.isolate(follower); // it goes on answering pings and reads
    const auto seen = await_ends(s, held, s.freed_within());

    REQUIRE(seen.signal);
    REQUIRE(seen.node);
    CHECK(*seen.signal + s.timeout() / 8 <= *seen.node);
    CHECK(s.run_until_answered(waiting, 1s));
    s.reunite(follower);
    CHECK(s.finish() == "");
}

TEST_CASE("a holder behind a leader that lost its followers stops to believe before another is "
          "granted",
          "[simulation][known-failure][isolated_follower]")
{
    scenario s;
    const auto old_leader = s.leader();
    auto& holder = s.connect(only_to(s, old_leader));
    auto& waiter = s.connect(only_to(s, s.follower()));
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    s.isolate(old_leader);
    CHECK(s.run_until([&] { return !held->held(); }, s.timeout() / 2));
    s.reunite(old_leader);
    s.run(s.freed_within());

    CHECK(waiting->answers + static_cast<int>(s.contenders("k").size()) >= 1);
    CHECK(s.finish() == "");
}

TEST_CASE("a holder stopped past its deadline finds so at its first look",
          "[simulation][known-failure][paused_past_deadline]")
{
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    holder.stop();
    CHECK(s.run_until_answered(waiting, s.freed_within()));
    CHECK_FALSE(held->got->held()); // the stopped program's clock, before anything of it runs
    holder.go_on();
    s.run(10ms);

    CHECK_FALSE(held->held());
    CHECK(held->got->lost().stop_requested());
    CHECK(waiting->held());
    CHECK(s.finish() == "");
}

TEST_CASE("a belief ends in time also when every server is frozen and no connection is closed",
          "[simulation][known-failure][deadline_with_frozen_servers]")
{
    scenario s;
    auto& holder = s.connect();
    const auto held = s.hold_by(holder, "k");

    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.pause(each);
    CHECK(s.run_until([&] { return held->got->lost().stop_requested(); }, s.timeout() / 2 + 1ms));
    CHECK_FALSE(held->held());

    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.resume(each);
    s.run(s.timeout());
    CHECK_FALSE(held->held()); // lost stays lost
    CHECK(s.hold_by(holder, "k")->held());
    CHECK(s.finish() == "");
}

TEST_CASE("answers that are late cost the hold before the ensemble could give it away",
          "[simulation][known-failure][renewal_starved]")
{
    const int eighths = GENERATE(1, 2, 3, 4, 6, 8, 12);
    CAPTURE(eighths);
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.net.slow_down(s.servers.server(each), holder.host(), s.timeout() * eighths / 8);
    s.run(s.timeout() * 3); // the witness sees whether two believe

    CHECK((held->held() || held->got->lost().stop_requested()));
    s.net.heal();
    CHECK((waiting->answers != 0 || held->held() || s.run_until_answered(waiting, 2s)));
    CHECK(s.finish() == "");
}

TEST_CASE("waiters are granted by number, whatever stands in front of it in their names",
          "[simulation][known-failure][order_by_prefix][fifo]")
{
    scenario s;
    auto& holder = s.connect();
    const auto held = s.hold_by(holder, "k");
    std::vector<actor*> programs;
    std::vector<attempt_ptr> calls;
    for (int each = 0; each < 8; ++each) {
        programs.push_back(&s.connect());
        calls.push_back(s.wait_by(*programs.back(), "k"));
    }
    auto names = s.contenders("k");
    CHECK_FALSE(std::is_sorted(names.begin(), names.end())); // so that order by name would differ

    holder.release(held);
    for (std::size_t each = 0; each < calls.size(); ++each) {
        CHECK(s.run_until_answered(calls[each], 1s));
        for (std::size_t later = each + 1; later < calls.size(); ++later)
            CHECK(calls[later]->answers == 0);
        programs[each]->release(calls[each]);
    }
    CHECK(s.finish() == "");
}

TEST_CASE("two lock objects of one session on one path exclude one another",
          "[simulation][known-failure][two_objects_one_session][create_without_token]")
{
    scenario s;
    auto& only = s.connect();
    keyed_mutex twin(only.session(), scenario::root);
    const auto held = s.hold_by(only, "k");

    std::optional<hold> second;
    int answers = 0;
    only.run([&] {
        twin.async_lock("k", [&](error_code, hold got) {
            ++answers;
            second = std::move(got);
        });
    });
    s.run(500ms);
    CHECK(answers == 0);
    const auto names = s.contenders("k");
    REQUIRE(names.size() == 2);
    CHECK(names[0].substr(0, 39) != names[1].substr(0, 39)); // each attempt has a uuid of its own

    only.release(held);
    CHECK(s.run_until([&] { return answers == 1; }, 1s));
    CHECK(second->held());
    only.run([&] { second.reset(); });
    CHECK(s.finish() == "");
}

TEST_CASE("a waiter that was cancelled does not come back when its predecessor leaves",
          "[simulation][known-failure][cancelled_waiter_returns][watch_after_cancel]")
{
    const auto type = GENERATE(asio::cancellation_type::total, asio::cancellation_type::partial);
    scenario s;
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");

    waiter.cancel(waiting, type);
    holder.release(held); // the watch fires while the waiter's own node is being deleted
    s.run(1s);

    CHECK(waiting->answers == 1);
    CHECK(waiting->ec == asio::error::operation_aborted);
    CHECK_FALSE(waiting->got);
    CHECK(s.contenders("k").empty());
    CHECK(s.finish() == "");
}

TEST_CASE("at the end of a parent's numbers locking is refused, and works again with a new parent",
          "[simulation][known-failure][sequence_end]")
{
    // The first number that is refused, and the last: of two creates in flight at once the second
    // gets a negative one.
    const std::int32_t next = GENERATE(2'147'483'647 - 999'999, 2'147'483'646, 2'147'483'647);
    CAPTURE(next);
    scenario s;
    auto& first = s.connect();
    auto& second = s.connect();
    first.release(s.hold_by(first, "k"));
    s.run(20ms);
    s.servers.set_next_sequence("/locks/k", next);
    s.run(20ms);

    const auto one = first.lock("k");
    const auto two = second.lock("k");
    CHECK(s.run_until_answered(one, 1s));
    CHECK(s.run_until_answered(two, 1s));
    CHECK(one->ec == errc::queue_worn_out);
    CHECK(two->ec == errc::queue_worn_out);
    s.run(20ms);
    CHECK(s.contenders("k").empty());

    s.servers.check_containers_now();
    s.run(20ms);
    CHECK(s.hold_by(first, "k")->held());
    CHECK(s.finish() == "");
}

TEST_CASE("contenders of other clients are respected, and other children are not contenders",
          "[simulation][known-failure][foreign_nodes]")
{
    const std::string foreign = GENERATE(as<std::string>(),
                                         "8b9b4b8e5b7d4f0aa9b2e7b3f6b2c0f1__lock__", // kazoo
                                         "_c_1f7a-lock-",                            // Curator
                                         "nobody-knows-me-");
    CAPTURE(foreign);
    scenario s;
    auto& only = s.connect();
    only.release(s.hold_by(only, "k"));
    s.run(20ms);
    s.servers.create_by_operator("/locks/k/leases", "");
    s.servers.create_by_operator("/locks/k/somebody-0000000000", ""); // nobody's: it stays for ever
    scripted_client other(s.where, s.servers, "other");
    other.connect(0);
    s.run_until([&] { return other.connected(); });
    other.submit(enqueue("/locks/k/" + foreign));
    s.run(50ms);

    const auto waiting = only.lock("k");
    s.run(500ms);
    CHECK(waiting->answers == 0);
    REQUIRE(other.answers.size() == 1);
    other.submit(on(op::remove, other.answers.front().path));

    CHECK(s.run_until_answered(waiting, 1s));
    CHECK(waiting->held());
    only.release(waiting);
    other.submit(on(op::close_session, ""));
    s.run(50ms);
    s.servers.remove_by_operator("/locks/k/leases");
    s.servers.remove_by_operator("/locks/k/somebody-0000000000");
    CHECK(s.finish() == "");
}

TEST_CASE("a deleted contender of a busy session is noticed within a quarter of the time-out",
          "[simulation][known-failure][contender_deleted]")
{
    const auto times = GENERATE(scenario_config{.timeout = 1'000ms, .tick = 500ms},
                                scenario_config{.timeout = 2'000ms, .tick = 500ms},
                                scenario_config{.timeout = 10'000ms, .tick = 2'000ms});
    CAPTURE(times.timeout.count());
    scenario s(times);
    auto& holder = s.connect();
    auto& waiter = s.connect();
    const auto held = s.hold_by(holder, "k");
    const auto waiting = s.wait_by(waiter, "k");
    // It commits other locks without a pause: each proves the session, and none the contender.
    holder.on_answer = [&](const attempt_ptr& call) {
        if (call->key != "other" || !call->got)
            return;
        holder.release(call);
        holder.lock("other");
    };
    const auto busy = holder.lock("other");
    s.run(s.timeout() * 2);
    REQUIRE(busy->answers == 1);
    REQUIRE(held->held());

    s.remove(held->got->path());
    const bool noticed = s.run_until([&] { return !held->held(); }, s.timeout() / 4);

    CHECK(noticed);
    CHECK(s.run_until_answered(waiting, 100ms));
    holder.on_answer = nullptr;
    s.run(50ms);
    CHECK(s.finish() == "");
}
