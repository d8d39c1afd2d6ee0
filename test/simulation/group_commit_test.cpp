// Many contenders in one transaction: what they save, and that none is harmed by another.

#include "test/simulation/scenario.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace paddock;
using namespace paddock::simulation;

namespace {

// A program that has had each of its keys before, and alone, so that it finds them quiet.
class crowd {
public:
    explicit crowd(std::size_t keys)
    {
        for (std::size_t each = 0; each < keys; ++each) {
            keys_.push_back("k" + std::to_string(each));
            who.release(s.hold_by(who, keys_.back()));
        }
        s.run(20ms);
        batched_before_ = who.usage().batched;
    }

    std::vector<attempt_ptr> lock_all()
    {
        std::vector<attempt_ptr> calls;
        for (const auto& key : keys_)
            calls.push_back(who.lock(key));
        return calls;
    }

    bool all_answered(const std::vector<attempt_ptr>& calls, nanoseconds limit)
    {
        return s.run_until(
            [&] {
                return std::all_of(calls.begin(), calls.end(), [](const auto& each) {
                    return each->answers != 0;
                });
            },
            limit);
    }

    std::uint64_t batched() const { return who.usage().batched - batched_before_; }

    scenario s;
    actor& who{s.connect()};
    actor& other{s.connect()};

private:
    std::vector<std::string> keys_;
    std::uint64_t batched_before_{0};
};

std::size_t held_by(const std::vector<attempt_ptr>& calls)
{
    return static_cast<std::size_t>(
        std::count_if(calls.begin(), calls.end(), [](const auto& each) { return each->held(); }));
}

} // namespace

TEST_CASE("what is asked for together is granted by one transaction, and let go by one",
          "[simulation][group-commit]")
{
    crowd c(20);
    const auto before = lock_requests(c.who);

    const auto calls = c.lock_all();
    REQUIRE(c.all_answered(calls, 1s));
    CHECK(held_by(calls) == 20);
    CHECK(lock_requests(c.who) - before == 1);
    CHECK(c.batched() == 20);
    for (const auto& each : calls)
        c.who.release(each);
    c.s.run(20ms);

    CHECK(lock_requests(c.who) - before == 2);
    CHECK(c.s.finish() == "");
}

TEST_CASE("a lone request takes the plain path, and so do the contenders of one key",
          "[simulation][group-commit]")
{
    crowd c(1);
    for (int each = 0; each < 5; ++each) {
        const auto before = lock_requests(c.who);
        const auto call = c.who.lock("k0");
        REQUIRE(c.s.run_until_answered(call, 1s));
        c.who.release(call);
        c.s.run(20ms);
        CHECK(lock_requests(c.who) - before == 3); // a create with a listing, and a delete
    }
    std::vector<attempt_ptr> crowded;
    for (int each = 0; each < 5; ++each)
        crowded.push_back(c.who.lock("k0"));
    c.s.run(50ms);

    CHECK(c.s.contenders("k0").size() == 5);
    CHECK(held_by(crowded) == 1);
    for (const auto& each : crowded) { // in the order of their calls
        CHECK(c.s.run_until_answered(each, 1s));
        c.who.release(each);
    }
    CHECK(c.batched() == 0);
    CHECK(c.s.finish() == "");
}

TEST_CASE("one key that is taken holds up none of the others, and is granted in its turn",
          "[simulation][group-commit]")
{
    crowd c(10);
    const auto taken = c.s.hold_by(c.other, "k3");

    const auto calls = c.lock_all();
    c.s.run(50ms);
    CHECK(held_by(calls) == 9);
    CHECK(calls[3]->answers == 0);
    c.other.release(taken);

    REQUIRE(c.s.run_until_answered(calls[3], 1s));
    CHECK(calls[3]->held());
    CHECK(c.s.finish() == "");
}

TEST_CASE("one key whose parent was cleaned away holds up none of the others",
          "[simulation][group-commit]")
{
    const auto gone = GENERATE(std::vector<std::string>{"k4"},
                               std::vector<std::string>{"k0", "k1", "k2", "k3", "k9"});
    crowd c(10);
    for (const auto& key : gone)
        c.s.remove(std::string(scenario::root) + "/" + key);
    c.s.run(5ms);

    const auto calls = c.lock_all();

    CHECK(c.all_answered(calls, 1s));
    CHECK(held_by(calls) == 10);
    CHECK(c.s.finish() == "");
}

TEST_CASE("one contender that an operator deleted does not keep the others from being let go",
          "[simulation][group-commit]")
{
    crowd c(6);
    const auto calls = c.lock_all();
    REQUIRE(c.all_answered(calls, 1s));
    c.s.remove(c.s.path_of("k2", c.s.contenders("k2").front()));
    for (const auto& each : calls)
        c.who.release(each);
    c.s.run(50ms);

    for (const auto& each : {"k0", "k1", "k2", "k3", "k4", "k5"})
        CHECK(c.s.contenders(each).empty());
    CHECK(c.s.finish() == "");
}

TEST_CASE("a transaction that fails in any way leaves neither ghost nor double holder",
          "[simulation][group-commit]")
{
    using kind = request_faults::kind;
    const auto way = GENERATE(kind::cut_before,
                              kind::cut_after,
                              kind::reply_lost,
                              kind::cut_reading,
                              kind::garbled,
                              kind::fail);
    // Not `no_node`, which would be a lie about a deletion.
    const auto answer = GENERATE(code::node_exists,
                                 code::no_auth,
                                 code::throttled,
                                 code::system_error,
                                 code::runtime_inconsistency);
    if (way != kind::fail && answer != code::node_exists)
        return; // asked once

    for (std::uint32_t request = 0;; ++request) {
        CAPTURE(static_cast<int>(way), static_cast<int>(answer), request);
        crowd c(6);
        c.s.requests.plan(c.who.host(), {.what = way, .answer = answer, .skip = request});
        auto calls = c.lock_all();
        REQUIRE(c.all_answered(calls, c.s.freed_within()));
        CHECK(held_by(calls) >= 5);
        std::vector<ending_ptr> gone;
        for (const auto& each : calls) {
            if (each->got)
                gone.push_back(c.who.async_release(each));
        }
        for (const auto& each : gone)
            CHECK(c.s.run_until_answered(each, c.s.freed_within()));
        const bool met = c.s.requests.met() == 1;
        c.s.requests.clear();
        CHECK(c.s.finish() == "");
        if (!met) { // two requests at the least: the locks', and their releases'
            CHECK(request >= 2);
            break;
        }
    }
}

TEST_CASE("what is let go can be taken at once, also where the release has to be sent again",
          "[simulation][group-commit]")
{
    crowd c(2);
    const auto held = c.s.hold_by(c.who, "k0");
    c.s.remove(std::string(scenario::root) + "/k1");
    c.s.run(5ms);

    c.who.release(held);
    const auto cold = c.who.lock("k1"); // the transaction of both fails through it
    c.s.run(1us);
    const auto again = c.who.try_lock("k0"); // would find its own predecessor, if it were first

    REQUIRE(c.all_answered({cold, again}, 1s));
    CHECK(cold->held());
    CHECK(again->held());
    CHECK(c.s.finish() == "");
}

TEST_CASE("waiters of one program are served in the order of their calls",
          "[simulation][group-commit]")
{
    crowd c(8);
    std::vector<attempt_ptr> calls;
    for (int round = 0; round < 3; ++round) {
        for (const auto& each : c.lock_all())
            calls.push_back(each);
        c.s.run(1us);
    }

    std::size_t next = 0; // of each round, all eight
    for (int round = 0; round < 3; ++round) {
        for (std::size_t key = 0; key < 8; ++key, ++next) {
            REQUIRE(c.s.run_until_answered(calls[next], 1s));
            CHECK(calls[next]->held());
            c.who.release(calls[next]);
        }
    }
    CHECK(c.s.finish() == "");
}

TEST_CASE("more than a transaction may have is shared out among several",
          "[simulation][group-commit]")
{
    crowd c(600);
    const auto before = lock_requests(c.who);

    const auto calls = c.lock_all();

    REQUIRE(c.all_answered(calls, 1s));
    CHECK(held_by(calls) == 600);
    // Three of 256 at the most; and some keys were forgotten, for others that hash like them.
    CHECK(c.batched() > 500);
    CHECK(lock_requests(c.who) - before == 3 + 2 * (600 - c.batched()));
    CHECK(c.s.finish() == "");
}

TEST_CASE("a connection lost under transactions and what waits for them loses none of it",
          "[simulation][group-commit]")
{
    for (const auto gone_for :
         {nanoseconds(100ms), nanoseconds(10s)}) { // the session stays, or not
        CAPTURE(gone_for.count());
        crowd c(50);
        std::vector<attempt_ptr> calls;
        for (int key = 0; key < 50; ++key) {
            calls.push_back(c.who.lock("k" + std::to_string(key)));
            if (key % 10 == 9)
                c.s.run(1us); // four leave, and the fifth waits for them
        }
        for (const auto key : {"k0", "k49"}) // behind one that has left, and one that waits
            calls.push_back(c.who.try_lock(key));
        c.s.run(1us);
        CHECK(c.who.usage().queued == 12);
        c.s.cut(c.who);
        c.s.run(gone_for);
        c.s.mend(c.who);

        REQUIRE(c.all_answered(calls, c.s.freed_within()));
        CHECK(held_by(calls) == (gone_for < c.s.timeout() ? 50 : 0)); // else they are told so
        for (const auto& each : calls)
            CHECK(each->answers == 1);
        CHECK(c.s.finish() == "");
    }
}

TEST_CASE("data in the parent of a key is not touched, however many ask together",
          "[simulation][group-commit]")
{
    crowd c(4);
    const std::string full = std::string(scenario::root) + "/full";
    c.s.servers.create_by_operator(full, "precious");
    c.s.run(5ms);
    for (int round = 0; round < 3; ++round) {
        auto calls = c.lock_all();
        calls.push_back(c.who.lock("full"));
        REQUIRE(c.all_answered(calls, 1s));
        CHECK(held_by(calls) == 5);
        for (const auto& each : calls)
            c.who.release(each);
        c.s.run(20ms);
    }

    CHECK(c.batched() >= 24); // the others
    const auto nodes = c.s.servers.nodes_below(scenario::root);
    const auto found = std::find_if(
        nodes.begin(), nodes.end(), [&](const auto& node) { return node.path == full; });
    REQUIRE(found != nodes.end());
    CHECK(found->stat.data_bytes == 8);
    CHECK(c.s.finish() == "");
}

TEST_CASE("parents that may not be written cost one transaction, and then none",
          "[simulation][group-commit]")
{
    crowd c(4);
    for (const auto* key : {"/k0", "/k1", "/k2", "/k3"})
        c.s.servers.forbid_writing(std::string(scenario::root) + key);
    std::vector<std::uint64_t> requests;
    for (int round = 0; round < 3; ++round) {
        const auto before = lock_requests(c.who);
        const auto calls = c.lock_all();
        REQUIRE(c.all_answered(calls, 1s));
        CHECK(held_by(calls) == 4);
        requests.push_back(lock_requests(c.who) - before);
        for (const auto& each : calls)
            c.who.release(each);
        c.s.run(20ms);
    }

    // Two transactions, until all that were in both go by themselves; then creates and listings.
    CHECK(requests == std::vector<std::uint64_t>{2 + 8, 8, 8});
    CHECK(c.s.finish() == "");
}

TEST_CASE("a program killed at any step of its transactions frees its keys",
          "[simulation][group-commit]")
{
    for (std::uint64_t step = 0; step < 40; ++step) {
        CAPTURE(step);
        crowd c(4);
        c.who.host().die_after(step + 1, [&] { c.who.kill(); });
        const auto calls = c.lock_all();
        c.s.run_until([&] { return !c.who.host().alive() || held_by(calls) == 4; }, 1s);
        for (const auto& each : calls) {
            if (c.who.host().alive())
                c.who.release(each);
        }
        c.s.run_until([&] { return !c.who.host().alive(); }, 5s);
        std::vector<attempt_ptr> next;
        for (int key = 0; key < 4; ++key)
            next.push_back(c.other.lock("k" + std::to_string(key)));
        CHECK(c.all_answered(next, c.s.freed_within()));
        CHECK(held_by(next) == 4);
        CHECK(c.s.finish() == "");
    }
}
