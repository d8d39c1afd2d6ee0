// Retained keys: taken again without the ensemble while nobody else wants them, and given up the
// moment somebody does.

#include "test/simulation/scenario.hpp"
#include <paddock/keyed_mutex.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace paddock;
using namespace paddock::simulation;

namespace {

constexpr std::chrono::milliseconds retain_for{1'000};
constexpr nanoseconds at_once{1ms}; // from thread to thread; a round trip takes longer
constexpr nanoseconds a_few_round_trips{20ms};

// One program that retains its keys, and a rival that does not.
struct two_programs {
    explicit two_programs(lock_config how = {.retain_for = retain_for})
        : keeper(s.connect(s.usual(), how)), rival(s.connect())
    {
    }

    // The keeper has had the key, and its queue is watched.
    void retain(const std::string& key)
    {
        const auto had = s.hold_by(keeper, key);
        s.run(a_few_round_trips);
        keeper.release(had);
        s.run(a_few_round_trips);
    }

    scenario s;
    actor& keeper;
    actor& rival;
};

} // namespace

TEST_CASE("a retained key is taken again without a request, and with a higher token",
          "[simulation][retained]")
{
    two_programs p;
    const auto first = p.s.hold_by(p.keeper, "k");
    p.s.run(a_few_round_trips);
    const auto number = first->got->token();
    const auto path = first->got->path();
    p.keeper.release(first);
    p.s.run(a_few_round_trips);
    const auto before = lock_requests(p.keeper);
    CHECK(p.keeper.usage().retained == 1);
    CHECK(p.keeper.usage().holds == 0);

    auto last = number;
    for (int each = 0; each < 10; ++each) {
        const auto again = p.keeper.lock("k");
        REQUIRE(p.s.run_until_answered(again, at_once));
        REQUIRE(again->held());
        CHECK(again->got->token() > last);
        CHECK(again->got->path() == path);
        last = again->got->token();
        p.keeper.release(again);
    }

    CHECK(lock_requests(p.keeper) == before);
    CHECK(p.keeper.usage().retaken == 10);
    CHECK(p.s.contenders("k").size() == 1);
    CHECK(p.s.finish() == "");
}

TEST_CASE("a retained key is given up at once when somebody else queues for it",
          "[simulation][retained]")
{
    two_programs p;
    p.retain("k");

    const auto wanted = p.rival.lock("k");

    CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
    CHECK(wanted->held());
    CHECK(p.keeper.usage().retained == 0);
    CHECK(p.s.finish() == "");
}

TEST_CASE("a key that others want while it is held is not retained", "[simulation][retained]")
{
    two_programs p;

    SECTION("they come during its first hold")
    {
        const auto held = p.s.hold_by(p.keeper, "k");
        const auto wanted = p.s.wait_by(p.rival, "k");
        p.keeper.release(held);
        CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
        CHECK(wanted->held());
    }
    SECTION("they come during a later one")
    {
        p.retain("k");
        const auto held = p.s.hold_by(p.keeper, "k");
        const auto wanted = p.s.wait_by(p.rival, "k");
        CHECK(held->held());
        p.keeper.release(held);
        const auto again = p.keeper.lock("k"); // behind the rival
        CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
        CHECK(wanted->held());
        CHECK(again->answers == 0);
        p.rival.release(wanted);
        CHECK(p.s.run_until_answered(again, a_few_round_trips));
    }
    SECTION("they wait already when it is granted")
    {
        const auto first = p.s.hold_by(p.rival, "k");
        const auto held = p.s.wait_by(p.keeper, "k");
        const auto wanted = p.rival.lock("k");
        p.s.run(a_few_round_trips);
        p.rival.release(first);
        REQUIRE(p.s.run_until_answered(held, a_few_round_trips));
        p.keeper.release(held);
        const auto again = p.keeper.lock("k"); // behind the rival
        p.s.run(at_once);
        CHECK(again->answers == 0);
        CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
        CHECK(wanted->held());
        p.rival.release(wanted);
        CHECK(p.s.run_until_answered(again, a_few_round_trips));
    }
    SECTION("they are of the same program")
    {
        const auto held = p.s.hold_by(p.keeper, "k");
        const auto wanted = p.keeper.lock("k");
        p.s.run(a_few_round_trips);
        p.keeper.release(held);
        CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
        CHECK(wanted->held());
    }
    CHECK(p.s.finish() == "");
}

TEST_CASE("whoever comes just when a key is granted gets it with the release",
          "[simulation][retained]")
{
    int tried = 0;
    for (auto later = 0us; later < 4ms; later += 100us) {
        two_programs p({.retain_for = std::chrono::milliseconds(60'000)});
        p.rival.release(p.s.hold_by(p.rival, "k"));
        p.s.run(a_few_round_trips);
        const auto held = p.keeper.lock("k");
        p.s.run(later);
        const auto wanted = p.rival.lock("k");
        REQUIRE(p.s.run_until([&] { return held->held() || wanted->held(); }, a_few_round_trips));
        if (wanted->held())
            continue; // it was quicker
        ++tried;
        p.keeper.release(held);

        CAPTURE(later.count());
        CHECK(p.s.run_until_answered(wanted, 2 * a_few_round_trips));
        CHECK(wanted->held());
        CHECK(p.s.violations() == "");
    }
    CHECK(tried > 20);
}

TEST_CASE("retained keys leave half of what may be watched to those who wait",
          "[simulation][retained]")
{
    two_programs p({.retain_for = std::chrono::milliseconds(60'000), .retained_max = 5'000});
    const std::string long_name(240, 'x');
    constexpr int keys = 1'600; // some 400 KiB of paths; half of the limit is 350 KiB
    for (int each = 0; each < keys; ++each)
        p.keeper.release(p.s.hold_by(p.keeper, long_name + std::to_string(each)));
    p.s.run(a_few_round_trips);
    const auto retained = p.keeper.usage().retained;
    CHECK(retained > 1'000);
    CHECK(retained < keys);

    const auto held = p.s.hold_by(p.rival, "k");
    const auto waiting = p.s.wait_by(p.keeper, "k");
    CHECK(waiting->answers == 0);
    p.rival.release(held);
    CHECK(p.s.run_until_answered(waiting, a_few_round_trips));
    CHECK(waiting->held());
    CHECK(p.s.violations() == "");
}

TEST_CASE("whoever looks once at a key that its own program holds is told so without a request",
          "[simulation][retained]")
{
    two_programs p;
    const auto held = p.s.hold_by(p.keeper, "k");
    p.s.run(a_few_round_trips);
    const auto before = lock_requests(p.keeper);

    const auto look = p.keeper.try_lock("k");
    CHECK(p.s.run_until_answered(look, at_once));

    CHECK_FALSE(look->held());
    CHECK_FALSE(look->ec);
    CHECK(lock_requests(p.keeper) == before);
    p.keeper.release(held);
    CHECK(p.keeper.usage().retained == 1); // nobody queued for it
    CHECK(p.s.finish() == "");
}

TEST_CASE("a retained key is given up when it was not used for retain_for, and not before",
          "[simulation][retained]")
{
    two_programs p;
    p.retain("k");
    for (int each = 0; each < 3; ++each) {
        p.s.run(retain_for - 50ms);
        REQUIRE(p.keeper.usage().retained == 1);
        const auto again = p.keeper.lock("k");
        REQUIRE(p.s.run_until_answered(again, at_once));
        p.s.run(100ms);
        p.keeper.release(again);
    }
    p.s.run(retain_for - 1ms);
    CHECK(p.s.contenders("k").size() == 1);

    p.s.run(a_few_round_trips);

    CHECK(p.s.contenders("k").empty());
    CHECK(p.keeper.usage().retained == 0);
    CHECK(p.s.finish() == "");
}

TEST_CASE("of more keys than may be retained the least recently used goes first",
          "[simulation][retained]")
{
    two_programs p({.retain_for = retain_for, .retained_max = 3});
    p.retain("a");
    p.retain("b");
    p.retain("c");
    const auto again = p.s.hold_by(p.keeper, "a");
    p.keeper.release(again);

    p.retain("d");

    CHECK(p.s.contenders("a").size() == 1);
    CHECK(p.s.contenders("b").empty());
    CHECK(p.s.contenders("c").size() == 1);
    CHECK(p.s.contenders("d").size() == 1);
    CHECK(p.keeper.usage().retained == 3);
    CHECK(p.s.finish() == "");
}

TEST_CASE("a retained key is lost on suspicion like any hold", "[simulation][retained]")
{
    two_programs p;
    p.retain("free");
    p.retain("used");
    const auto used = p.s.hold_by(p.keeper, "used");
    p.s.cut(p.keeper);
    const auto wanted = p.rival.lock("used");
    REQUIRE(p.s.run_until([&] { return !used->held(); }, p.s.timeout()));

    const auto late = p.keeper.lock("free");
    p.s.run(a_few_round_trips);

    CHECK(late->answers == 0); // waits for a connection
    CHECK(p.keeper.usage().retained == 0);
    CHECK(p.s.run_until_answered(wanted, p.s.freed_within()));
    CHECK(wanted->held());
    p.s.mend(p.keeper);
    CHECK(p.s.run_until_answered(late, p.s.freed_within()));
    CHECK(p.s.finish() == "");
}

TEST_CASE("a retained key whose belief is nearly over is taken from the ensemble",
          "[simulation][retained]")
{
    two_programs p;
    p.retain("k");
    p.s.cut(p.keeper);
    // Belief lasts for half the time-out from the last evidence; a hold gets a quarter at least.
    p.s.run(p.s.timeout() * 3 / 10);

    const auto late = p.keeper.lock("k");
    p.s.run(a_few_round_trips);

    CHECK(late->answers == 0);
    p.s.mend(p.keeper);
    CHECK(p.s.run_until_answered(late, p.s.freed_within()));
    CHECK(p.s.finish() == "");
}

TEST_CASE("a rival that came while the connection was away is found when it is back",
          "[simulation][retained]")
{
    two_programs p;
    p.retain("k");
    p.s.cut(p.keeper);
    const auto wanted = p.rival.lock("k");
    p.s.run(p.s.timeout() / 8);
    CHECK(wanted->answers == 0);

    p.s.mend(p.keeper);

    CHECK(p.s.run_until_answered(wanted, p.s.timeout() / 2));
    CHECK(wanted->held());
    CHECK(p.s.finish() == "");
}

TEST_CASE("a rival is served soon, whatever befell the requests of who retains the key",
          "[simulation][retained]")
{
    using kind = request_faults::kind;
    const auto what = GENERATE(kind::fail, kind::cut_before, kind::cut_after, kind::reply_lost);
    for (std::uint32_t step = 0; step < 12; ++step) {
        two_programs p({.retain_for = std::chrono::milliseconds(60'000)});
        p.s.requests.plan(p.keeper.host(), {.what = what, .skip = step});
        const auto held = p.s.hold_by(p.keeper, "k");
        p.s.run(p.s.timeout() / 2); // and what befell is dealt with
        p.keeper.release(held);
        p.s.run(a_few_round_trips);

        const auto wanted = p.rival.lock("k");

        CAPTURE(static_cast<int>(what), step);
        CHECK(p.s.run_until_answered(wanted, p.s.timeout() / 4));
        CHECK(wanted->held());
        CHECK(p.s.violations() == "");
    }
}

TEST_CASE("a retained key ends with its session, and is granted anew in the next",
          "[simulation][retained]")
{
    two_programs p;
    p.retain("k");
    const auto before = p.s.hold_by(p.keeper, "k");
    const auto number = before->got->token();
    p.keeper.release(before);
    p.s.expire(p.keeper);
    CHECK(p.keeper.usage().retained == 0);

    const auto after = p.keeper.lock("k");

    REQUIRE(p.s.run_until_answered(after, p.s.freed_within()));
    CHECK(after->got->token() > number);
    CHECK(p.s.finish() == "");
}

TEST_CASE("a session that is being closed gives no retained key any more", "[simulation][retained]")
{
    two_programs p;
    p.retain("k");

    const auto closed = p.keeper.close();
    const auto late = p.keeper.lock("k");

    CHECK(p.s.run_until_answered(late, p.s.timeout()));
    CHECK(late->ec == errc::session_closed);
    CHECK(p.s.run_until_answered(closed, p.s.timeout()));
    CHECK(p.s.contenders("k").empty());
    CHECK(p.s.finish() == "");
}

TEST_CASE("a retained contender that an operator deletes is not believed in for long",
          "[simulation][retained]")
{
    two_programs p;
    p.retain("k");

    p.s.remove(p.s.path_of("k", p.s.contenders("k").front()));
    p.s.run(a_few_round_trips); // the watch of the queue tells

    CHECK(p.keeper.usage().retained == 0);
    const auto again = p.s.hold_by(p.keeper, "k");
    CHECK(again->held());
    CHECK(p.s.contenders("k").size() == 1);
    CHECK(p.s.finish() == "");
}

TEST_CASE("a contender whose tokens are used up is replaced, and tokens go on rising",
          "[simulation][retained]")
{
    two_programs p;
    p.retain("k");
    const auto before = p.keeper.usage().grants;
    token last;
    for (int each = 0; each < 5'000; ++each) {
        const auto again = p.s.hold_by(p.keeper, "k");
        REQUIRE(again->got->token() > last);
        last = again->got->token();
        p.keeper.release(again);
    }
    CHECK(p.keeper.usage().grants - before == 5'000);
    CHECK(p.keeper.usage().retaken >= 4'990);
    CHECK(p.keeper.usage().retaken < 5'000);
    CHECK(p.s.finish() == "");
}

TEST_CASE("max_hold ends a hold of a retained key, and the key with it", "[simulation][retained]")
{
    two_programs p({.max_hold = std::chrono::milliseconds(300), .retain_for = retain_for});
    p.retain("k");
    p.s.run(200ms);
    const auto again = p.s.hold_by(p.keeper, "k");

    p.s.run(299ms);
    CHECK(again->held());
    p.s.run(2ms);

    CHECK_FALSE(again->held());
    p.s.run(a_few_round_trips);
    CHECK(p.s.contenders("k").empty());
    CHECK(p.s.finish() == "");
}

TEST_CASE("who destroys a lock object gives up what it retains", "[simulation][retained]")
{
    two_programs p;
    std::optional<keyed_mutex> locks;
    std::optional<hold> held;
    p.keeper.run([&] {
        locks.emplace(p.keeper.session(), scenario::root, lock_config{.retain_for = retain_for});
        locks->async_lock("k", [&](error_code, hold got) { held.emplace(std::move(got)); });
    });
    REQUIRE(p.s.run_until([&] { return held.has_value(); }));
    p.s.run(a_few_round_trips);

    SECTION("while it is free")
    {
        p.keeper.run([&] {
            held.reset();
            locks.reset();
        });
    }
    SECTION("while it is held: with its release")
    {
        p.keeper.run([&] { locks.reset(); });
        p.s.run(a_few_round_trips);
        CHECK(held->held());
        p.keeper.run([&] { held.reset(); });
    }
    p.s.run(a_few_round_trips);

    CHECK(p.s.contenders("k").empty());
    CHECK(p.s.finish() == "");
}

TEST_CASE("a release that is waited for completes when the key is kept, or its contender gone",
          "[simulation][retained]")
{
    two_programs p;
    const auto held = p.s.hold_by(p.keeper, "k");
    p.s.run(a_few_round_trips);

    const auto kept = p.keeper.async_release(held);
    REQUIRE(p.s.run_until_answered(kept, at_once));
    CHECK_FALSE(kept->ec);
    CHECK(p.s.contenders("k").size() == 1);

    const auto again = p.s.hold_by(p.keeper, "k");
    const auto wanted = p.s.wait_by(p.rival, "k");
    const auto gone = p.keeper.async_release(again);
    REQUIRE(p.s.run_until_answered(gone, a_few_round_trips));
    CHECK_FALSE(gone->ec);
    CHECK(p.s.contenders("k").size() == 1);
    CHECK(p.s.run_until_answered(wanted, a_few_round_trips));
    CHECK(p.s.finish() == "");
}
