#include "local_cache.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

using namespace cache_producer;
using namespace std::chrono_literals;

namespace {

const local_cache::clock::time_point start{};

cached_entry entry(const char* stamp)
{
    return {stamp, std::string("payload ") + stamp};
}

} // namespace

TEST_CASE("a local cache drops what was not used for longest", "[unit][local_cache]")
{
    local_cache cache(2, 1min);
    cache.put_if_newer("a", entry("1"), start);
    cache.put_if_newer("b", entry("1"), start);
    REQUIRE(cache.get("a", start)); // now b is the oldest

    cache.put_if_newer("c", entry("1"), start);

    CHECK(cache.size() == 2);
    CHECK(cache.get("a", start));
    CHECK_FALSE(cache.get("b", start));
    CHECK(cache.get("c", start));
}

TEST_CASE("a local cache never goes back to an older entry", "[unit][local_cache]")
{
    local_cache cache(2, 1min);
    cache.put_if_newer("a", entry("2"), start);

    cache.put_if_newer("a", entry("1"), start);

    CHECK(cache.get("a", start) == entry("2"));
}

TEST_CASE("a local cache does not answer with what is too old", "[unit][local_cache]")
{
    local_cache cache(2, 1s);
    cache.put_if_newer("a", entry("1"), start);

    CHECK(cache.get("a", start + 1s));
    CHECK_FALSE(cache.get("a", start + 1s + 1ns));

    cache.put_if_newer("a", entry("1"), start + 2s); // confirmed: young again
    CHECK(cache.get("a", start + 3s));
}

TEST_CASE("a local cache that could hold nothing is refused", "[unit][local_cache]")
{
    CHECK_THROWS_AS(local_cache(0, 1s), std::invalid_argument);
}
