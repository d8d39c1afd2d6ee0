// What befalls single requests: each of them, in turn, until there is none left that could fail.

#include "test/simulation/scenario.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdlib>
#include <set>
#include <string>

using namespace paddock;
using namespace paddock::simulation;

namespace {

using kind = request_faults::kind;

// Fewer, and a loop over all requests would have looked at none that matter.
constexpr std::uint32_t requests_min = 5;

// A hand-over on a key that nobody used before, so that its parents are made too: the first program
// holds it, the second waits, and both let go in the end.
class hand_over {
public:
    hand_over()
    {
        s.run(s.timeout() * 2); // after a time without locks the first also takes a check
        s.where.narrator = [this](const std::string& line) {
            if (line.find("request fault") != std::string::npos)
                met.insert(static_cast<op>(std::atoi(line.substr(line.rfind(' ')).c_str())));
        };
    }

    // Both get their turn, if necessary at a second try.
    void run()
    {
        const auto held = take(first);
        if (!held)
            return;
        auto waiting = second.lock("k");
        s.run(20ms);
        await(first.async_release(held));
        s.run_until_answered(waiting, s.freed_within() * 2);
        CHECK(waiting->believed == !waiting->ec); // nothing is granted that may not be believed
        if (waiting->ec) // what failed leaves no trace: the next call finds a free key
            waiting = take(second);
        if (waiting && waiting->got)
            await(second.async_release(waiting));
    }

    attempt_ptr take(actor& who)
    {
        for (int tries = 0; tries < 3; ++tries) {
            auto call = who.lock("k");
            s.run_until_answered(call, s.freed_within() * 2);
            CHECK(call->answers == 1);
            if (!call->ec) {
                CHECK(call->believed);
                return call;
            }
            errors.insert(call->ec.message());
        }
        FAIL_CHECK("a free key is not granted");
        return nullptr;
    }

    void await(const ending_ptr& release)
    {
        CHECK(s.run_until_answered(release, s.freed_within()));
        if (release->ec)
            CHECK(release->ec == condition::lost);
    }

    scenario s;
    actor& first{s.connect()};
    actor& second{s.connect()};
    std::set<op> met;
    std::set<std::string> errors;
};

// From the moment the fault is met its victim is cut off until its session is over.
void expire_when_met(scenario& s, actor& victim)
{
    s.where.after(500us, [&s, &victim] {
        if (s.requests.met() == 0)
            return expire_when_met(s, victim);
        s.cut(victim);
        s.where.after(s.freed_within(), [&s, &victim] { s.mend(victim); });
    });
}

} // namespace

TEST_CASE("an answer lost at any step leaves neither ghost nor double holder when the session is "
          "resumed",
          "[simulation][known-failure][ghost_create_lost][reply_lost_at_each_step]")
{
    const auto what =
        GENERATE(kind::reply_lost, kind::cut_before, kind::cut_after, kind::cut_reading);
    const bool second_suffers = GENERATE(false, true);

    std::set<op> met;
    for (std::uint32_t step = 0;; ++step) {
        hand_over story;
        auto& victim = second_suffers ? story.second : story.first;
        story.s.requests.plan(victim.host(), {.what = what, .skip = step});

        story.run();
        const bool reached = story.s.requests.met() != 0;
        met.insert(story.met.begin(), story.met.end());

        CAPTURE(static_cast<int>(what), second_suffers, step);
        CHECK(victim.session().epoch() == 1);
        CHECK(story.errors.empty());
        CHECK(story.s.finish() == "");
        REQUIRE(step < 100);
        if (!reached) {
            CHECK(step >= requests_min);
            break;
        }
    }
    CHECK(met.contains(op::create));
    CHECK(met.contains(op::children));
    CHECK(met.contains(op::remove));
    CHECK((!second_suffers || met.contains(op::get)));
}

TEST_CASE(
    "an answer lost at any step leaves neither ghost nor double holder when the session expires",
    "[simulation][known-failure][ghost_create_lost][reply_lost_at_each_step]")
{
    const auto what = GENERATE(kind::reply_lost, kind::cut_before, kind::cut_after);
    const bool second_suffers = GENERATE(false, true);

    for (std::uint32_t step = 0;; ++step) {
        hand_over story;
        auto& victim = second_suffers ? story.second : story.first;
        story.s.requests.plan(victim.host(), {.what = what, .skip = step});
        expire_when_met(story.s, victim);

        story.run();
        const bool reached = story.s.requests.met() != 0;
        story.s.run(story.s.freed_within() * 2);

        CAPTURE(static_cast<int>(what), second_suffers, step);
        CHECK(story.s.finish() == "");
        REQUIRE(step < 100);
        if (!reached) {
            CHECK(step >= requests_min);
            break;
        }
        CHECK(victim.session().epoch() == 2);
    }
}

TEST_CASE("a request refused with any code, at any step, ends in a grant or an error, and leaves "
          "nothing behind",
          "[simulation][known-failure][unexpected_code][error_after_create]")
{
    // All that a server can answer without having done what it was asked, but for the answers that
    // say how the tree is: those would be lies.
    const auto with = GENERATE(code::no_auth,
                               code::throttled,
                               code::system_error,
                               code::unimplemented,
                               code::bad_arguments,
                               code::session_moved,
                               code::runtime_inconsistency,
                               code::not_empty,
                               code::bad_version,
                               code::no_children_for_ephemerals);
    const bool second_suffers = GENERATE(false, true);

    for (std::uint32_t step = 0;; ++step) {
        hand_over story;
        auto& victim = second_suffers ? story.second : story.first;
        story.s.requests.plan(victim.host(), {.what = kind::fail, .answer = with, .skip = step});

        story.run();
        const bool reached = story.s.requests.met() != 0;

        CAPTURE(static_cast<int>(with), second_suffers, step);
        CHECK(story.s.finish() == "");
        REQUIRE(step < 100);
        if (!reached) {
            CHECK(step >= requests_min);
            break;
        }
    }
}

TEST_CASE("two answers lost one behind the other, at any two steps, do no harm",
          "[simulation][known-failure][ghost_create_lost][cleanup_one_shot]")
{
    for (std::uint32_t step = 0; step < 12; ++step) {
        for (std::uint32_t then = 0; then < 4; ++then) {
            hand_over story;
            story.s.requests.plan(story.second.host(), {.what = kind::cut_after, .skip = step});
            story.s.requests.plan(story.second.host(), {.what = kind::cut_after, .skip = then});

            story.run();

            CAPTURE(step, then);
            CHECK(story.errors.empty());
            CHECK(story.s.finish() == "");
        }
    }
}

TEST_CASE("an ensemble that commits slower than an eighth of the time-out is not given up for ever",
          "[simulation][known-failure][impatience]")
{
    const auto slow = GENERATE(260ms, 300ms, 330ms); // an eighth is 250 ms
    CAPTURE(slow);
    scenario s;
    auto& first = s.connect();
    auto& second = s.connect();
    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.set_sync_to_disk(each, slow);

    const auto held = first.lock("k");
    CHECK(s.run_until_answered(held, 10 * s.timeout()));
    const auto waiting = second.lock("k");
    s.run(2 * s.timeout());
    first.release(held);
    CHECK(s.run_until_answered(waiting, 10 * s.timeout()));
    second.release(waiting);
    CHECK(s.run_until([&] { return s.contenders("k").empty(); }, 10 * s.timeout()));

    for (std::size_t each = 0; each < s.servers.size(); ++each)
        s.servers.set_sync_to_disk(each, 200us);
    CHECK(s.finish() == "");
}
