#include "test/chaos/attempt_plan.hpp"
#include "test/chaos/client_options.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <vector>

using namespace paddock::test;

TEST_CASE("keys are drawn with one hot key, few wanted ones and many that are free",
          "[unit][chaos]")
{
    const key_choice keys(200);
    std::mt19937_64 chance(1);
    std::vector<int> drawn(200);
    for (int i = 0; i < 100'000; ++i)
        ++drawn.at(keys.draw(chance));

    CHECK(drawn[0] > 4'000);
    CHECK(drawn[0] < 6'000);
    CHECK(drawn[1] > drawn[10]);
    CHECK(drawn[10] > drawn[199]);
    CHECK(*std::min_element(drawn.begin(), drawn.end()) > 0);
}

TEST_CASE("a client of chaos uses every form of the calls", "[unit][chaos]")
{
    const key_choice keys(20);
    std::mt19937_64 chance(1);
    std::set<asking> asked;
    std::set<lock_object> objects;
    std::set<leaving> left;
    bool cancelled = false;
    for (int i = 0; i < 1'000; ++i) {
        const auto plan = draw_attempt(chance, keys, false);
        asked.insert(plan.how);
        objects.insert(plan.object);
        left.insert(plan.leave);
        cancelled = cancelled || plan.cancel_after.has_value();
        CHECK(plan.key < 20);
        CHECK(draw_attempt(chance, keys, true).object != lock_object::plain);
    }

    CHECK(asked.size() == 3);
    CHECK(objects.size() == 4);
    CHECK(left.size() == 3);
    CHECK(cancelled);
}

TEST_CASE("a client of chaos reads the words that the driver writes", "[unit][chaos]")
{
    client_options options;
    options.hosts = "10.0.0.1:2181,10.0.0.2:2181";
    options.id = 7;
    options.keys = 9;
    options.credulous = true;

    CHECK(to_words(from_words(to_words(options))) == to_words(options));
    CHECK_THROWS_AS(from_words({"cheese=1"}), std::invalid_argument);
    CHECK_THROWS_AS(from_words({"hosts"}), std::invalid_argument);
}
