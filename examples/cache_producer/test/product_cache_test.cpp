#include "demo/redis_server.hpp"
#include "product_cache.hpp"
#include "temporary_folder.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace cache_producer;
using paddock::token;

namespace {

/// One server for all cases of this file; each uses a product of its own.
const redis_address& redis()
{
    static const temporary_folder folder;
    static const redis_server server(folder.path());
    return server.address();
}

product_row row(const char* id, std::int64_t time, std::int64_t version)
{
    return {id, time, version, "version " + std::to_string(version)};
}

cached_entry entry_of(const product_row& one)
{
    return {stamp_of(one), one.payload};
}

} // namespace

TEST_CASE("the write script takes what is newer and refuses what is not", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "newer";
    CHECK(cache.write_if_newer(row(id, 10, 1), token(5)) == verdict::written);
    CHECK(cache.write_if_newer(row(id, 10, 1), token(6)) == verdict::stale); // the same again
    CHECK(cache.write_if_newer(row(id, 9, 2), token(7)) == verdict::stale);
    CHECK(cache.write_if_newer(row(id, 10, 2), token(8)) == verdict::written); // a tie, by version
    CHECK(cache.write_if_newer(row(id, 11, 1), token(8)) == verdict::written);

    CHECK(cache.peek(id) == entry_of(row(id, 11, 1)));
}

TEST_CASE("the write script refuses a lower token, however new the row", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "fenced";
    REQUIRE(cache.write_if_newer(row(id, 10, 1), token(5)) == verdict::written);

    CHECK(cache.write_if_newer(row(id, 99, 9), token(4)) == verdict::fenced);

    CHECK(cache.peek(id) == entry_of(row(id, 10, 1)));
}

TEST_CASE("tokens beyond 2^53 are told apart", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "large";
    const std::int64_t large = 9'007'199'254'740'993; // as a double: one less
    REQUIRE(cache.write_if_newer(row(id, 10, 1), token(large)) == verdict::written);

    CHECK(cache.write_if_newer(row(id, 11, 1), token(large - 1)) == verdict::fenced);
    CHECK(cache.write_if_newer(row(id, 11, 1), token(large)) == verdict::written);
}

TEST_CASE("a refused write leaves its token behind", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "behind";
    REQUIRE(cache.write_if_newer(row(id, 10, 2), token(5)) == verdict::written);
    REQUIRE(cache.write_if_newer(row(id, 10, 1), token(7)) == verdict::stale);

    CHECK(cache.write_if_newer(row(id, 10, 3), token(6)) == verdict::fenced);
}

TEST_CASE("a late write cannot fill the place of an evicted entry", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "evicted";
    REQUIRE(cache.write_if_newer(row(id, 10, 2), token(6)) == verdict::written);
    cache.evict(id);
    REQUIRE_FALSE(cache.peek(id));

    CHECK(cache.write_if_newer(row(id, 10, 1), token(5)) == verdict::fenced);

    CHECK_FALSE(cache.peek(id));
}

TEST_CASE("a holder that has only read shuts out those before it", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "read";
    REQUIRE(cache.write_if_newer(row(id, 10, 1), token(5)) == verdict::written);

    const auto seen = cache.read_locked(id, token(7));
    CHECK_FALSE(seen.fenced);
    CHECK(seen.entry == entry_of(row(id, 10, 1)));

    CHECK(cache.write_if_newer(row(id, 11, 1), token(6)) == verdict::fenced);
    CHECK(cache.read_locked(id, token(6)).fenced);
    CHECK(cache.write_if_newer(row(id, 11, 1), token(7)) == verdict::written);
}

TEST_CASE("a product that is not cached is found missing, and is fenced all the same",
          "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "missing";
    CHECK_FALSE(cache.peek(id));

    const auto seen = cache.read_locked(id, token(7));

    CHECK_FALSE(seen.fenced);
    CHECK_FALSE(seen.entry);
    CHECK(cache.write_if_newer(row(id, 10, 1), token(6)) == verdict::fenced);
}

TEST_CASE("a blind write loses what was newer: the damage the script prevents", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    const auto* id = "blind";
    cache.write_blindly(row(id, 10, 2), token(6));

    cache.write_blindly(row(id, 10, 1), token(5));

    CHECK(cache.peek(id) == entry_of(row(id, 10, 1)));
}

TEST_CASE("every write is in the log with its verdict and token", "[redis][cache]")
{
    const temporary_folder folder;
    const redis_server server(folder.path());
    product_cache cache(server.address(), "p7");
    cache.write_if_newer(row("a", 10, 1), token(5));
    cache.write_if_newer(row("a", 10, 1), token(5));
    cache.write_if_newer(row("a", 10, 1), token(4));
    cache.write_blindly(row("a", 10, 1), token(3));

    const auto log =
        redis_connection(server.address()).command({"XRANGE", product_cache::write_log, "-", "+"});

    REQUIRE(log.items.size() == 4);
    const char* const verdicts[] = {"written", "stale", "fenced", "written"};
    const std::int64_t tokens[] = {5, 5, 4, 3};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto& fields = log.items[i].items.at(1);
        CHECK(fields.field("verdict").text == verdicts[i]);
        CHECK(fields.field("token").text == token(tokens[i]).text());
        CHECK(fields.field("product").text == "a");
        CHECK(fields.field("instance").text == "p7");
    }
}

TEST_CASE("a script that Redis has forgotten is sent again", "[redis][cache]")
{
    product_cache cache(redis(), "test");
    REQUIRE(cache.write_if_newer(row("forgotten", 10, 1), token(5)) == verdict::written);
    redis_connection(redis()).command({"SCRIPT", "FLUSH"});

    CHECK(cache.write_if_newer(row("forgotten", 10, 2), token(5)) == verdict::written);
}

TEST_CASE("what Redis refuses is reported, and the connection goes on", "[redis][cache]")
{
    redis_connection connection(redis());
    connection.command({"SET", "text", "1"});

    CHECK_THROWS_AS(connection.command({"LPUSH", "text", "1"}), redis_error);
    CHECK(connection.command({"GET", "text"}).text == "1");
    CHECK_THROWS_AS(redis_connection({"127.0.0.1", 1}).command({"PING"}), redis_error);
    CHECK_THROWS_AS(redis_address_from("localhost"), std::invalid_argument);
    CHECK(redis_address_from("cache:6380").port == 6380);
}
