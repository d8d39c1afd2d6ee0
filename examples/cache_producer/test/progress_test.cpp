#include "demo/progress.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace cache_producer;

TEST_CASE("a sparkline has one bar for each value, the highest for the largest", "[unit][progress]")
{
    CHECK(sparkline({}, 10).empty());
    CHECK(sparkline({0, 0}, 10) == "▁▁");
    CHECK(sparkline({0, 7, 3.5}, 10) == "▁█▅");
}

TEST_CASE("a sparkline that would be too wide averages neighbours", "[unit][progress]")
{
    CHECK(sparkline({1, 1, 0, 0}, 2) == "█▁");
    CHECK(sparkline({1, 1, 0, 0, 0}, 3) == "█▁▁");
}
