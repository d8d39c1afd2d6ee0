#include "src/watch_table.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <vector>

using paddock::detail::watch_table;

namespace {

constexpr std::size_t length_field = 4;

} // namespace

TEST_CASE("a path that fires gives its watches in the order they were made", "[unit][watch_table]")
{
    watch_table table;
    std::vector<int> fired;
    table.add("/a", [&] { fired.push_back(1); });
    table.add("/b", [&] { fired.push_back(2); });
    table.add("/a", [&] { fired.push_back(3); });

    for (const auto& handler : table.take("/a"))
        handler();

    CHECK(fired == std::vector{1, 3});
    CHECK(table.size() == 1);
}

TEST_CASE("a watch fires once", "[unit][watch_table]")
{
    watch_table table;
    table.add("/a", [] {});

    CHECK(table.take("/a").size() == 1);
    CHECK(table.take("/a").empty());
    CHECK(table.take("/never").empty());
}

TEST_CASE("a watch that was removed does not fire", "[unit][watch_table]")
{
    watch_table table;
    std::vector<int> fired;
    const auto first = table.add("/a", [&] { fired.push_back(1); });
    table.add("/a", [&] { fired.push_back(2); });

    table.remove(first);
    for (const auto& handler : table.take("/a"))
        handler();

    CHECK(fired == std::vector{2});
}

TEST_CASE("the server may forget a path only when its last watch is removed", "[unit][watch_table]")
{
    watch_table table;
    const auto first = table.add("/a", [] {});
    const auto second = table.add("/a", [] {});

    CHECK(table.remove(first).empty());
    CHECK_FALSE(table.is_retiring("/a"));
    CHECK(table.remove(second) == "/a");
    CHECK(table.size() == 0);
    CHECK(table.is_retiring("/a"));
}

TEST_CASE("a path that nobody watches any more counts until the server has forgotten it",
          "[unit][watch_table]")
{
    watch_table table;
    table.remove(table.add("/abc", [] {}));
    REQUIRE(table.bytes() == 4 + length_field);

    SECTION("which it confirms")
    {
        table.retired("/abc");
        table.retired("/abc"); // said twice, it is not subtracted twice
    }
    SECTION("or does by firing the watch")
    {
        CHECK(table.take("/abc").empty()); // nobody hears of it
        table.retired("/abc");             // and the confirmation comes behind
    }
    SECTION("or with the session")
    {
        table.clear();
    }

    CHECK_FALSE(table.is_retiring("/abc"));
    CHECK(table.bytes() == 0);
}

TEST_CASE(
    "a path that is watched again before the server has forgotten it counts once, and goes on",
    "[unit][watch_table]")
{
    watch_table table;
    table.remove(table.add("/abc", [] {}));

    const auto again = table.add("/abc", [] {});
    CHECK_FALSE(table.is_retiring("/abc"));
    CHECK(table.bytes() == 4 + length_field);
    table.retired("/abc"); // late: it was meant for the watch before
    CHECK(table.bytes() == 4 + length_field);

    CHECK(table.remove(again) == "/abc");
    CHECK(table.bytes() == 4 + length_field);
    table.retired("/abc");
    CHECK(table.bytes() == 0);
}

TEST_CASE("a path that somebody watches is not retired", "[unit][watch_table]")
{
    watch_table table;
    table.add("/a", [] {});

    table.retired("/a");
    table.retired("/never");

    CHECK(table.bytes() == 2 + length_field);
    CHECK(table.take("/a").size() == 1);
    CHECK(table.bytes() == 0);
}

TEST_CASE("removing a watch that fired, was removed or never was does nothing",
          "[unit][watch_table]")
{
    watch_table table;
    const auto fired = table.add("/a", [] {});
    table.take("/a");
    const auto removed = table.add("/b", [] {});
    table.remove(removed);
    table.add("/a", [] {}); // the same path again: not the watch that fired

    CHECK(table.remove(fired).empty());
    CHECK(table.remove(removed).empty());
    CHECK(table.remove(0).empty());
    CHECK(table.size() == 1);
}

TEST_CASE("watches are numbered from one and no number comes twice", "[unit][watch_table]")
{
    watch_table table;
    const auto first = table.add("/a", [] {});
    table.take("/a");

    const auto second = table.add("/a", [] {});
    table.clear();
    const auto third = table.add("/a", [] {});

    CHECK(first > 0);
    CHECK(second > first);
    CHECK(third > second);
}

TEST_CASE("a path counts once in the packet of a reconnect, whoever watches it",
          "[unit][watch_table]")
{
    watch_table table;
    table.add("/abc", [] {});
    table.add("/abc", [] {});

    CHECK(table.bytes() == 4 + length_field);
    CHECK(table.size() == 2);
    table.take("/abc");
    CHECK(table.bytes() == 0);
}

TEST_CASE("watches fit up to what one reconnect can restore, to the byte", "[unit][watch_table]")
{
    watch_table table;
    const std::string huge(watch_table::bytes_max - 100, 'x');
    table.add(huge, [] {});
    const std::size_t left = 100 - length_field;

    CHECK(table.fits(std::string(left - length_field, 'y')));
    CHECK_FALSE(table.fits(std::string(left - length_field + 1, 'y')));
    CHECK(table.fits(huge)); // it is watched already and costs nothing more

    const std::string last(left - length_field, 'y');
    table.remove(table.add(last, [] {}));
    CHECK_FALSE(table.fits("")); // what is retiring is restored as well
    CHECK(table.fits(last));
    table.retired(last);
    CHECK(table.fits(""));
}

TEST_CASE("clearing forgets every watch", "[unit][watch_table]")
{
    watch_table table;
    table.add("/a", [] {});
    table.remove(table.add("/b", [] {}));

    table.clear();

    CHECK(table.size() == 0);
    CHECK(table.bytes() == 0);
    CHECK_FALSE(table.is_retiring("/b"));
    CHECK(table.take("/a").empty());
}

TEST_CASE("a handler may add and remove watches while it runs", "[unit][watch_table]")
{
    watch_table table;
    watch_table::id other = 0;
    table.add("/a", [&] {
        table.remove(other);
        table.add("/a", [] {});
    });
    other = table.add("/b", [] {});

    for (const auto& handler : table.take("/a"))
        handler();

    CHECK(table.size() == 1);
    CHECK(table.take("/a").size() == 1);
}
