#include "test/checker/check.hpp"
#include "test/checker/good_history.hpp"
#include "test/checker/mutations.hpp"
#include "test/checker/script.hpp"
#include "test/checker/situations.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

using namespace std::chrono_literals;
using namespace paddock::checker;
using paddock::test::chance;
using paddock::test::seed_of_run;

namespace {

std::string replay(std::uint32_t seed)
{
    return "replay with: checker_test --rng-seed " + std::to_string(seed);
}

plan random_plan(std::uint32_t seed)
{
    chance random(seed);
    return {.seed = seed,
            .events = 20 + random.below(400),
            .keys = 1 + random.below(4),
            .clients = static_cast<std::uint32_t>(1 + random.below(8)),
            .limited = static_cast<unsigned>(random.below(50)),
            .lost = static_cast<unsigned>(random.below(30)),
            .killed = static_cast<unsigned>(random.below(20)),
            .killed_waiting = static_cast<unsigned>(random.below(20)),
            .stopped = static_cast<unsigned>(random.below(20))};
}

bool breaks_one_of(const report& result, const std::vector<rule>& expected)
{
    return std::any_of(
        expected.begin(), expected.end(), [&](rule one) { return result.count(one) > 0; });
}

} // namespace

TEST_CASE("random good histories are accepted", "[unit][checker]")
{
    for (std::uint32_t run = 0; run < 500; ++run) {
        const auto seed = seed_of_run(run);
        INFO(replay(seed));
        const auto result = check(make_good_history(random_plan(seed)));
        INFO(text_of(result));
        REQUIRE(result.clean());
    }
}

TEST_CASE("every single fault in a random good history is found", "[unit][checker]")
{
    std::map<std::string_view, unsigned> applied;
    for (std::uint32_t run = 0; run < 300; ++run) {
        const auto seed = seed_of_run(run);
        chance random(seed);
        const auto good = make_good_history(random_plan(seed));
        for (const auto& how : mutations()) {
            const auto bad = spoil(good, how, random);
            if (!bad)
                continue;
            ++applied[how.name];
            INFO(replay(seed) << "; " << how.name);
            const auto result = check(*bad);
            INFO(text_of(result));
            REQUIRE(breaks_one_of(result, how.broken));
        }
    }
    for (const auto& how : mutations()) {
        INFO(how.name);
        CHECK(applied[how.name] >= 100); // else it was hardly tried
    }
}

TEST_CASE("a good history of two hundred thousand events is accepted", "[unit][checker]")
{
    const auto all = make_good_history({.seed = seed_of_run(0), .events = 200'000, .keys = 100});

    const auto result = check(all);

    INFO(text_of(result));
    CHECK(result.clean());
    CHECK(result.numbers.events >= 200'000);
    CHECK(result.numbers.keys == 100);
    CHECK(result.numbers.grants > 20'000);
    CHECK(result.numbers.longest_queue > 3);
}

TEST_CASE("one overlap among two hundred thousand events is found", "[unit][checker]")
{
    chance random(seed_of_run(0));
    const auto good = make_good_history({.seed = seed_of_run(0), .events = 200'000, .keys = 100});
    const auto& late = *std::find_if(mutations().begin(), mutations().end(), [](const auto& how) {
        return how.name == "a hold is released too late";
    });

    const auto result = check(spoil(good, late, random).value());

    CHECK(result.count(rule::one_believer) >= 1);
    CHECK(result.total() == result.count(rule::one_believer));
}

TEST_CASE("ten million events are checked", "[.slow][checker]")
{
    const auto all = make_good_history({.events = 10'000'000, .keys = 1'000, .clients = 200});
    const auto begin = std::chrono::steady_clock::now();

    const auto result = check(all);

    const auto took = std::chrono::steady_clock::now() - begin;
    WARN(text_of(result.numbers)
         << "checked in " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
         << " ms");
    CHECK(text_of(result) == "");
}

TEST_CASE("the order of recording does not matter", "[unit][checker]")
{
    auto events = make_good_history({.seed = seed_of_run(0)}).events();
    chance random(seed_of_run(0));
    for (std::size_t n = events.size(); n > 1; --n)
        std::swap(events[n - 1], events[random.below(n)]);
    history shuffled;
    for (std::size_t n = 0; n < 10; ++n)
        shuffled.key("key/" + std::to_string(n));
    for (const auto& what : events)
        shuffled.append(what);

    CHECK(text_of(check(shuffled)) == "");
}

TEST_CASE("an overlap is reported with key, clients, tokens and times", "[unit][checker]")
{
    const auto result = check(told_by("0 3.1 called; 1 3.1 granted #10; 7 3.1 released;"
                                      "2 5.1 called; 6 5.1 granted #11; 9 5.1 released"));

    REQUIRE(result.listed().size() == 1);
    CHECK(result.listed().front().text ==
          "key \"k\": client 5 (attempt 1) was granted token 11 at 0.006000000 s, while client 3 "
          "(attempt 1) believed in token 10, from 0.001000000 s until 0.007000000 s");
}

TEST_CASE("every violation is counted, and only the first few of a rule are listed",
          "[unit][checker]")
{
    std::string script = "0 1.1 called; 1 1.1 granted #1; 99 1.1 released";
    for (int n = 2; n < 52; ++n) {
        const auto attempt = " 2." + std::to_string(n);
        script += "; 1" + attempt + " called; 2" + attempt + " granted #" + std::to_string(n) +
                  "; 3" + attempt + " left_over; 2" + attempt + " released";
    }

    rules few;
    few.listed_max = 4;
    const auto result = check(told_by(script), few);

    CHECK(result.count(rule::left_over) == 50);
    CHECK(result.total() == 50); // holds that end when they begin overlap with nothing
    CHECK(result.listed().size() == 4);
}

TEST_CASE("a hold that was lost when it was granted has no place in the order", "[unit][checker]")
{
    // Client 1 is stopped before it can note its grant, and notes it after that of client 2.
    const auto late = told_by("0 1.1 called; 1 2.1 called; 8 2.1 granted #11; 12 2.1 released;"
                              "9 1.1 granted #10; 9 1.1 lost; 9 1.1 lost_signalled");

    CHECK(text_of(check(late)) == "");
}

TEST_CASE("a dead client believed for as long as it noted so, whenever it died", "[unit][checker]")
{
    const auto granted_next = [](const char* when) {
        const auto report = check(
            told_by(std::string("0 1.1 called; 1 1.1 granted #1; 3 1.1 believed; 5 1.1 believed;"
                                "90 1.0 killed; 0 2.1 called; 99 2.1 released;") +
                    when + " 2.1 granted #2"),
            small_rules());
        return report.clean();
    };

    CHECK(granted_next("6"));
    CHECK(granted_next("5"));
    CHECK_FALSE(granted_next("4"));
}

TEST_CASE("graces forgive what real machines do, and no more", "[unit][checker]")
{
    auto by = small_rules();
    by.limit_grace = 2ms;
    by.signal_grace = 3ms;
    by.death_grace = 4ms;
    const auto limited = [&](const char* answer, const char* starved = "") {
        return check(told_by(std::string("0 1.1 called =5; 9 2.1 called; 9 2.1 granted #1;"
                                         "9 2.1 released;") +
                             answer + " 1.1 refused" + starved),
                     by)
            .clean();
    };
    const auto resolved = [&](const char* answer, const char* starved = "") {
        return check(told_by(std::string("0 1.1 called; 9 2.1 called; 9 2.1 granted #1; 9 2.1 "
                                         "released; 10 0.0 quiet;") +
                             answer + " 1.1 refused" + starved),
                     by)
            .clean();
    };
    const auto signalled = [&](const char* signal) {
        return check(told_by(std::string("0 1.1 called; 1 1.1 granted #1; 2 1.1 lost; 1 2.1 called;"
                                         "5 2.1 granted #2; 6 2.1 released;") +
                             signal + " 1.1 lost_signalled"),
                     by)
            .clean();
    };
    const auto dying = [&](const char* end) {
        return check(told_by(std::string("0 1.1 called; 1 1.1 granted #1; 2 1.0 killed;") + end +
                             " 1.1 released"),
                     by)
            .clean();
    };

    CHECK(limited("7"));
    CHECK_FALSE(limited("8"));
    CHECK(limited("10", " =3"));
    CHECK_FALSE(limited("11", " =3"));
    CHECK(resolved("60"));
    CHECK_FALSE(resolved("61"));
    CHECK(resolved("63", " =3"));
    CHECK_FALSE(resolved("64", " =3"));
    CHECK(signalled("8"));
    CHECK_FALSE(signalled("9"));
    CHECK(dying("6"));
    CHECK_FALSE(dying("7"));
}

TEST_CASE("a client may be granted its own token again where that is wanted", "[unit][checker]")
{
    auto by = small_rules();
    by.regrants = true;
    const auto own = told_by("0 1.1 called; 1 1.1 granted #10; 2 1.1 released;"
                             "3 1.2 called; 4 1.2 granted #10; 5 1.2 released");
    const auto foreign = told_by("0 1.1 called; 1 1.1 granted #10; 2 1.1 released;"
                                 "3 2.1 called; 4 2.1 granted #10; 5 2.1 released");
    const auto between = told_by("0 1.1 called; 1 1.1 granted #10; 2 1.1 released;"
                                 "3 2.1 called; 4 2.1 granted #10; 5 2.1 released;"
                                 "6 1.2 called; 7 1.2 granted #10; 8 1.2 released");

    CHECK(check(own, by).clean());
    CHECK(check(own).count(rule::token_unique) == 1);
    CHECK(check(foreign, by).count(rule::token_unique) == 1);
    CHECK(check(between, by).count(rule::token_unique) == 2);
}

TEST_CASE("keys may share a token where one transaction serves several", "[unit][checker]")
{
    auto by = small_rules();
    by.unique_across_keys = false;
    const auto shared = told_by("0 1.1 called @a; 1 1.1 granted #10 @a; 2 1.1 released @a;"
                                "0 1.2 called @b; 1 1.2 granted #10 @b; 2 1.2 released @b");

    CHECK(check(shared, by).clean());
    CHECK(check(shared).count(rule::token_unique) == 1);
}

TEST_CASE("a report counts what happened", "[unit][checker]")
{
    const auto result = check(told_by(counter.script), counter.by);

    CHECK(result.numbers.calls == 2);
    CHECK(result.numbers.grants == 2);
    CHECK(result.numbers.clients == 2);
    CHECK(result.numbers.increments == 2);
    CHECK(result.numbers.doubtful_increments == 1);
    CHECK(result.numbers.longest_wait == 1ms);
    CHECK(result.numbers.longest_hold == 6ms);
}

TEST_CASE("every rule has a word, and the word names the rule", "[unit][checker]")
{
    for (std::size_t n = 0; n < rule_count; ++n)
        CHECK(rule_named(name_of(static_cast<rule>(n))) == static_cast<rule>(n));
    CHECK_FALSE(rule_named("one_beliver"));
}

TEST_CASE("times read as seconds to the nanosecond", "[unit][checker]")
{
    CHECK(seconds(0ns) == "0.000000000 s");
    CHECK(seconds(1'234'567'890'123ns) == "1234.567890123 s");
    CHECK(seconds(-1ns) == "-0.000000001 s");
    CHECK(seconds(-2s - 5ns) == "-2.000000005 s");
}
