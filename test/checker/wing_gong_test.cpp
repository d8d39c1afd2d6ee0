#include "test/checker/check.hpp"
#include "test/checker/good_history.hpp"
#include "test/checker/script.hpp"
#include "test/checker/situations.hpp"
#include "test/checker/wing_gong.hpp"
#include "test/unit/chance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

using namespace paddock::checker;
using paddock::test::chance;
using paddock::test::seed_of_run;
using std::chrono::nanoseconds;

namespace {

using enum lock_call;
using operations = std::vector<operation>;
using indices = std::vector<std::size_t>;

operation call(lock_call what, std::uint64_t owner, int begin, int end)
{
    return {what, 1, owner, nanoseconds(begin), nanoseconds(end)};
}

operation open_call(lock_call what, std::uint64_t owner, int begin)
{
    return {what, 1, owner, nanoseconds(begin), operation::never};
}

// ---- the same question, asked the slow and obvious way ----------------------------------------

bool mutex_would(const operations& all, const indices& order)
{
    std::map<key_id, std::uint64_t> holders; // zero: nobody
    for (const auto n : order) {
        auto& holder = holders[all[n].key];
        const bool unsure = all[n].end == operation::never && all[n].what == busy;
        if (all[n].what == unlock ? holder != all[n].owner : (holder != 0) != (all[n].what == busy))
            if (!unsure)
                return false;
        if (all[n].what == unlock)
            holder = 0;
        else if (holder == 0)
            holder = all[n].owner;
    }
    return true;
}

bool keeps_time(const operations& all, const indices& order)
{
    for (std::size_t n = 0; n < order.size(); ++n)
        for (std::size_t m = 0; m < n; ++m)
            if (all[order[n]].end < all[order[m]].begin)
                return false;
    return true;
}

bool has_all_returned(const operations& all, const indices& order)
{
    for (std::size_t n = 0; n < all.size(); ++n)
        if (all[n].end != operation::never && std::count(order.begin(), order.end(), n) != 1)
            return false;
    return true;
}

bool explains(const operations& all, const indices& order)
{
    return has_all_returned(all, order) && keeps_time(all, order) && mutex_would(all, order);
}

// Tries every order of every set of calls that has those that returned.
bool brute_force(const operations& all)
{
    for (unsigned set = 0; set < 1U << all.size(); ++set) {
        indices order;
        for (std::size_t n = 0; n < all.size(); ++n)
            if ((set >> n & 1U) != 0)
                order.push_back(n);
        if (!has_all_returned(all, order))
            continue;
        do {
            if (explains(all, order))
                return true;
        } while (std::next_permutation(order.begin(), order.end()));
    }
    return false;
}

operations random_calls(chance& random)
{
    operations all;
    const auto count = 1 + random.below(6);
    for (std::uint64_t n = 0; n < count; ++n) {
        const auto begin = static_cast<int>(random.below(12));
        const auto end = begin + static_cast<int>(random.below(6));
        const auto what = static_cast<lock_call>(random.below(4));
        all.push_back(call(what, 1 + random.below(3), begin, end));
        if (random.one_in(6))
            all.back().end = operation::never;
    }
    return all;
}

// The calls of a prefix, as they were known when its last return came.
operations known_at(const operations& all, nanoseconds time, std::optional<std::size_t> without)
{
    operations known;
    for (std::size_t n = 0; n < all.size(); ++n) {
        if (all[n].begin > time)
            continue;
        known.push_back(all[n]);
        if (all[n].end > time || n == without)
            known.back().end = operation::never;
    }
    return known;
}

void check_against_brute_force(const operations& all, unsigned& explained, unsigned& unexplained)
{
    const auto result = explain(all);
    INFO(text_of(result, all));
    REQUIRE((result.found == verdict::explained) == brute_force(all));
    if (result.found == verdict::explained) {
        ++explained;
        REQUIRE(explains(all, result.order));
        return;
    }
    ++unexplained;
    REQUIRE(result.found == verdict::unexplained);
    const auto time = all[result.impossible].end;
    REQUIRE_FALSE(brute_force(known_at(all, time, {})));
    const auto earlier = std::count_if(
        all.begin(), all.end(), [&](const operation& one) { return one.end == time; });
    if (earlier == 1) // else "without the last return" is not a question of time
        REQUIRE(brute_force(known_at(all, time, result.impossible)));
}

} // namespace

TEST_CASE("a mutex that is locked and unlocked in turn is explained", "[unit][checker]")
{
    const operations all{call(lock, 1, 0, 1),
                         call(lock, 2, 2, 6),
                         call(unlock, 1, 4, 5),
                         call(unlock, 2, 7, 8),
                         call(taken, 3, 9, 9)};

    const auto result = explain(all);

    CHECK(result.found == verdict::explained);
    CHECK(result.order == indices{0, 2, 1, 3, 4});
    CHECK(text_of(result, all).empty());
}

TEST_CASE("what a mutex would not do is not explained, and the first such return is named",
          "[unit][checker]")
{
    struct row {
        const char* wrong;
        operations all;
        std::size_t impossible;
        std::size_t prefix;
    };
    const std::vector<row> rows{
        {"two locks and no unlock", {call(lock, 1, 0, 1), call(lock, 2, 2, 3)}, 1, 2},
        {"two locks at once", {call(lock, 1, 0, 9), call(lock, 2, 0, 8)}, 0, 2},
        {"an unlock too late",
         {call(lock, 1, 0, 1), call(lock, 2, 2, 3), call(unlock, 1, 4, 5)},
         1,
         2},
        {"a try_lock of what is held", {call(lock, 1, 0, 1), call(taken, 2, 2, 3)}, 1, 2},
        {"a try_lock of its own lock", {call(lock, 1, 0, 1), call(taken, 1, 2, 3)}, 1, 2},
        {"a busy mutex that nobody held", {call(busy, 1, 0, 1), call(lock, 2, 2, 3)}, 0, 1},
        {"a busy mutex after the unlock",
         {call(lock, 1, 0, 1), call(unlock, 1, 2, 3), call(busy, 2, 4, 5)},
         2,
         3},
        {"an unlock of nothing", {call(unlock, 1, 0, 1)}, 0, 1},
        {"an unlock of another's lock", {call(lock, 1, 0, 1), call(unlock, 2, 2, 3)}, 1, 2},
        {"two unlocks of one lock",
         {call(lock, 1, 0, 1), call(unlock, 1, 2, 3), call(unlock, 1, 4, 5)},
         2,
         3},
        {"an unlock before the lock", {call(unlock, 1, 0, 1), call(lock, 1, 2, 3)}, 0, 1},
        {"one open unlock for two locks",
         {call(lock, 1, 0, 1), open_call(unlock, 1, 2), call(lock, 2, 3, 4), call(lock, 3, 5, 6)},
         3,
         4},
    };
    for (const auto& [wrong, all, impossible, prefix] : rows) {
        INFO(wrong);
        const auto result = explain(all);
        CHECK(result.found == verdict::unexplained);
        CHECK(result.impossible == impossible);
        CHECK(result.prefix.size() == prefix);
        CHECK_FALSE(brute_force(all));
    }
}

TEST_CASE("calls that never returned may have had their effect, or not", "[unit][checker]")
{
    // The first lock may have been taken: then the mutex is busy. Or not: then it can be taken.
    CHECK(explain(operations{open_call(lock, 1, 0), call(busy, 2, 1, 2)}).found ==
          verdict::explained);
    CHECK(explain(operations{open_call(lock, 1, 0), call(taken, 2, 1, 2)}).found ==
          verdict::explained);
    // But not both.
    CHECK(explain(operations{open_call(lock, 1, 0), call(busy, 2, 1, 2), call(taken, 2, 3, 4)})
              .found == verdict::unexplained);
}

TEST_CASE("an unexplained history is told up to the return that has no explanation",
          "[unit][checker]")
{
    const operations all{call(lock, 1, 0, 1), call(lock, 2, 2, 3), call(lock, 3, 7, 8)};

    CHECK(text_of(explain(all), all) ==
          "no order of these calls explains the last return of:\n"
          "  owner 1 called lock at 0.000000000 s and returned at 0.000000001 s\n"
          "* owner 2 called lock at 0.000000002 s and returned at 0.000000003 s\n");
}

TEST_CASE("keys are judged one by one", "[unit][checker]")
{
    operations all{call(lock, 1, 0, 1), call(lock, 2, 0, 1), call(lock, 3, 2, 3)};
    all[1].key = 2;
    all[2].key = 3;
    CHECK(explain(all).found == verdict::explained);

    all[2].key = 2;
    const auto result = explain(all);
    CHECK(result.found == verdict::unexplained);
    CHECK(result.prefix == indices{1, 2});
}

TEST_CASE("tiny histories are judged as by trying every order", "[unit][checker]")
{
    unsigned explained = 0;
    unsigned unexplained = 0;
    for (std::uint32_t run = 0; run < 5'000; ++run) {
        const auto seed = seed_of_run(run);
        chance random(seed);
        INFO("replay with: checker_test --rng-seed " << seed);
        check_against_brute_force(random_calls(random), explained, unexplained);
    }
    CHECK(explained > 500); // else one side was hardly tried
    CHECK(unexplained > 500);
}

TEST_CASE("what the rules accept has an order, and two believers have none", "[unit][checker]")
{
    for (std::uint32_t run = 0; run < 50; ++run) {
        const auto all = make_good_history({.seed = seed_of_run(run), .events = 500, .keys = 3});
        REQUIRE(explain(operations_of(all)).found == verdict::explained);
    }
    const auto overlap = operations_of(told_by("0 1.1 called; 1 1.1 granted #10; 7 1.1 released;"
                                               "2 2.1 called; 6 2.1 granted #11; 9 2.1 released"));
    CHECK(explain(overlap).found == verdict::unexplained);
    for (const auto* good : {&handover, &waiters, &loss, &deaths, &stop, &limits, &two_keys})
        CHECK(explain(operations_of(told_by(good->script))).found == verdict::explained);
}

TEST_CASE("a long history is explained without trying all its orders", "[unit][checker]")
{
    operations all;
    for (int n = 0; n < 2'000; ++n) {
        const auto owner = static_cast<std::uint64_t>(n % 7 + 1);
        all.push_back(call(lock, owner, 10 * n - 25, 10 * n + 1));
        all.push_back(call(unlock, owner, 10 * n + 5, 10 * n + 9));
    }

    CHECK(explain(all).found == verdict::explained);

    all[2'000].end = all[1'998].begin; // granted before the one before it let go
    CHECK(explain(all).found == verdict::unexplained);
}

TEST_CASE("a search that takes too long is given up, and says so", "[unit][checker]")
{
    operations all;
    for (std::uint64_t owner = 1; owner <= 40; ++owner) {
        all.push_back(open_call(lock, owner, 0));
        all.push_back(open_call(unlock, owner, 0));
    }
    all.push_back(call(unlock, 99, 1, 2));

    const auto result = explain(all, 10'000);

    CHECK(result.found == verdict::undecided);
    CHECK(text_of(result, all) == "undecided: too many orders to try\n");
}
