#include "test/simulation/tally.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::simulation;

TEST_CASE("many trials with hardly a grant show nothing, and say so", "[simulation]")
{
    tally sum;
    outcome one;
    one.operations = 2'000;
    one.grants = 99;
    one.batched = 1;
    for (int seed = 0; seed < 49; ++seed)
        sum.add(one);
    CHECK_FALSE(sum.idle()); // a few may come to a stand

    sum.add(one);
    CHECK(sum.idle());
    one.grants = 1'000;
    sum.add(one);
    CHECK_FALSE(sum.idle());
}

TEST_CASE("retained keys of which none is taken again show nothing, and say so", "[simulation]")
{
    tally sum;
    outcome one;
    one.batched = 1;
    one.retains = true;
    one.operations = 2'000;
    one.grants = 1'000;
    for (int seed = 0; seed < 50; ++seed)
        sum.add(one);
    CHECK(sum.idle());

    one.retaken = 2;
    sum.add(one);
    CHECK_FALSE(sum.idle());
}
