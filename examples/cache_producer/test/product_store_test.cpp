#include "product_store.hpp"
#include "temporary_folder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

using namespace cache_producer;

TEST_CASE("a read that begins after a write sees it, through another connection", "[unit][store]")
{
    const temporary_folder folder;
    product_store writer(folder.path() / "products.db");
    product_store reader(folder.path() / "products.db");
    CHECK_FALSE(reader.read("p1"));

    for (std::int64_t version = 1; version <= 50; ++version) {
        const product_row row{"p1", 1'000, version, "text"};
        writer.write(row);
        REQUIRE(reader.read("p1") == row);
    }

    writer.write({"p0", 1, 1, ""});
    const auto all = reader.read_all();
    REQUIRE(all.size() == 2);
    CHECK(all[0].id == "p0");
    CHECK(all[1].version == 50);
}

TEST_CASE("a store that cannot be opened says so", "[unit][store]")
{
    CHECK_THROWS_AS(product_store("/nowhere/products.db"), std::runtime_error);
}

TEST_CASE("stamps order as modify time does, and ties by version", "[unit][store]")
{
    const auto stamp = [](std::int64_t time, std::int64_t version) {
        return stamp_of({"p", time, version, ""});
    };
    CHECK(stamp(9, 9) < stamp(10, 1));
    CHECK(stamp(10, 9) < stamp(10, 10));
    CHECK(stamp(10, 10) == stamp(10, 10));
    // One apart, and the same number as doubles.
    CHECK(stamp(9'007'199'254'740'992, 1) < stamp(9'007'199'254'740'993, 1));
}

TEST_CASE("a change event survives its text form, and what is none is refused", "[unit][store]")
{
    const auto event = change_event_from(to_json({"p\"1", 7}));
    CHECK(event.product_id == "p\"1");
    CHECK(event.version == 7);
    CHECK(change_event_from(R"({"productId":"p2"})").product_id == "p2");

    for (const auto* text : {"", "{", "[]", "7", "{}", R"({"productId":7})"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(change_event_from(text), std::invalid_argument);
    }
}
