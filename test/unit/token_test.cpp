#include "test/unit/chance.hpp"
#include <paddock/token.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>

using paddock::token;

TEST_CASE("a token of no grant is zero and lower than any other", "[unit][token]")
{
    CHECK(token().value() == 0);
    CHECK(token() < token(1));
    CHECK(token() == token(0));
}

TEST_CASE("the text of a token is 19 digits, whatever its size", "[unit][token]")
{
    struct row {
        std::int64_t value;
        std::string text;
    };
    const row rows[] = {
        {0, "0000000000000000000"},
        {1, "0000000000000000001"},
        {0x1'0000'0000, "0000000004294967296"},
        {(std::int64_t{1} << 53) + 1, "0009007199254740993"}, // a double cannot hold it
        {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
    };

    for (const auto& [value, text] : rows)
        CHECK(token(value).text() == text);
}

TEST_CASE("tokens as text order the way they do as numbers", "[unit][token]")
{
    const auto seed = paddock::test::seed_of_run(0);
    paddock::test::chance chance(seed);
    INFO(paddock::test::replay(seed));

    for (int pair = 0; pair < 10'000; ++pair) {
        const token left(static_cast<std::int64_t>(chance.any() >> (1 + chance.below(63))));
        const token right(static_cast<std::int64_t>(chance.any() >> (1 + chance.below(63))));
        CAPTURE(left.value(), right.value());
        REQUIRE((left < right) == (left.text() < right.text()));
        REQUIRE((left == right) == (left.text() == right.text()));
    }
}
