#include "src/seen_keys.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstddef>
#include <string>

using paddock::detail::seen_keys;

namespace {

std::string key(std::size_t number)
{
    return "/locks/" + std::to_string(number);
}

void add(seen_keys& seen, std::size_t count)
{
    for (std::size_t each = 0; each < count; ++each)
        seen.add(key(each));
}

std::size_t remembered(const seen_keys& seen, std::size_t begin, std::size_t end)
{
    std::size_t known = 0;
    for (std::size_t each = begin; each < end; ++each)
        known += seen.contains(key(each)) ? 1 : 0;
    return known;
}

} // namespace

TEST_CASE("nearly all keys are remembered, however many there are", "[unit][seen_keys]")
{
    const auto count = GENERATE(1u, 100u, 1'000u, 5'000u, 20'000u, 100'000u);
    seen_keys seen;

    add(seen, count);

    CHECK(remembered(seen, 0, count) >= count - count / 25);
    CHECK(remembered(seen, count, count + 1'000) == 0);
    CHECK(seen.room() <= count * 4 + 4'096);
}

TEST_CASE("a key that is taken back is not remembered", "[unit][seen_keys]")
{
    seen_keys seen;
    seen.remove(key(1));
    CHECK_FALSE(seen.contains(key(1)));

    add(seen, 3);
    seen.add(key(1)); // again, which changes nothing
    seen.remove(key(1));

    CHECK(seen.contains(key(0)));
    CHECK_FALSE(seen.contains(key(1)));
    CHECK(seen.contains(key(2)));
}

TEST_CASE("keys that come and go, or come again, take no more room", "[unit][seen_keys]")
{
    seen_keys seen;
    add(seen, 1'000);
    const auto room = seen.room();

    for (std::size_t each = 1'000; each < 100'000; ++each) {
        seen.add(key(each));
        seen.remove(key(each));
        seen.add(key(each % 1'000));
    }

    CHECK(seen.room() == room);
    CHECK(remembered(seen, 0, 1'000) >= 980);
}

TEST_CASE("where there are too many keys the oldest are forgotten", "[unit][seen_keys]")
{
    seen_keys seen;
    constexpr std::size_t many = 1'000'000;

    add(seen, many);

    CHECK(seen.room() <= 1 << 18);
    CHECK(remembered(seen, 0, many) <= seen.room());
    CHECK(remembered(seen, many - 50'000, many) >= 49'000);
}
