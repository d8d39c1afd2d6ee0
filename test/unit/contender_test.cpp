#include "recipes/contender.hpp"
#include "test/unit/chance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace paddock::detail;

namespace {

const std::string uuid = "6dabe3f4-6d31-4f0b-a4f5-6f8d2c1b7a90";

// As the server writes it: %010d, where a sign is one of the ten.
std::string suffix(std::int64_t number)
{
    const auto digits = std::to_string(number < 0 ? -number : number);
    const std::size_t width = number < 0 ? 9 : 10;
    return (number < 0 ? "-" : "") + std::string(width - std::min(width, digits.size()), '0') +
           digits;
}

} // namespace

TEST_CASE("every client's names are read", "[unit][contender]")
{
    struct row {
        std::string name;
        std::int64_t sequence;
    };
    const row rows[] = {
        {"_c_" + uuid + "-lock-0000000001", 1},                     // Curator, Paddock
        {"_c_6dabe3f46d314f0ba4f56f8d2c1b7a90-lock-0000000002", 2}, // go-zookeeper
        {"6dabe3f46d314f0ba4f56f8d2c1b7a90__lock__0000000003", 3},  // kazoo
        {"_c_" + uuid + "-__READ__0000000004", 4},                  // Curator's read lock
        {"_c_" + uuid + "-__WRIT__0000000005", 5},                  // and its write lock
        {"lock-0000000006", 6},                                     // Curator, unprotected
        {"x-72075-0000000007", 7},                                  // ZooKeeper's C recipe
        {"0000000008", 8},                                          // a number alone
        {"somebody0000000009", 9},                                  // unknown: respected
        {"_c_" + uuid + "-lock-0000000000", 0},                     // zero is a number
        {"_c_" + uuid + "-lock-2147483647", 2'147'483'647},         // the last
        {"_c_" + uuid + "-lock--2147483648", -2'147'483'648},       // past the last
        {"_c_" + uuid + "-lock--2147483647", -2'147'483'647},
        {"6dabe3f46d314f0ba4f56f8d2c1b7a90__lock__-2147483648", -2'147'483'648},
        {"_c_" + uuid + "-lock--1000000000", -1'000'000'000}, // the last of eleven characters
        {"_c_" + uuid + "-lock--999999999", -999'999'999},    // here the sign is one of the ten
        {"_c_" + uuid + "-lock--000000001", -1},
        {"6dabe3f46d314f0ba4f56f8d2c1b7a90__lock__-000000001", -1},
    };

    for (const auto& [name, sequence] : rows) {
        CAPTURE(name);
        const auto found = parse_contender(name);
        REQUIRE(found);
        CHECK(found->name == name);
        CHECK(found->sequence == sequence);
    }
}

TEST_CASE("a child without a number is no contender", "[unit][contender]")
{
    const std::string names[] = {
        "",
        "lock",
        "locks-of-others",
        "000000001",
        "lock-000000001",
        "lock-00000000x1",
        "lock-0000000001x",
        "lock-000000 001",
        "lock-+000000001",
        "leases",
        "lock-0000000001 ",
    };

    for (const auto& name : names) {
        CAPTURE(name);
        CHECK_FALSE(parse_contender(name));
    }
}

TEST_CASE("a name of a known client is known, any other is for the log", "[unit][contender]")
{
    CHECK(is_known_form("_c_" + uuid + "-lock-0000000001"));
    CHECK(is_known_form("lock-0000000001"));
    CHECK(is_known_form("6dabe3f46d314f0ba4f56f8d2c1b7a90__lock__0000000003"));
    CHECK(is_known_form("_c_" + uuid + "-__READ__0000000004"));
    CHECK(is_known_form("_c_" + uuid + "-__WRIT__0000000004"));
    CHECK_FALSE(is_known_form("somebody0000000009"));
    CHECK_FALSE(is_known_form("leases"));
}

TEST_CASE("an attempt's own name reads as a contender of a known form", "[unit][contender]")
{
    const auto prefix = attempt_prefix(uuid);

    CHECK(prefix == "_c_" + uuid + "-lock-");
    CHECK(parse_contender(prefix + "0000000012").value().sequence == 12);
    CHECK(is_known_form(prefix));
}

TEST_CASE("a uuid is of version 4, and other numbers give another uuid", "[unit][contender]")
{
    CHECK(make_uuid(0, 0) == "00000000-0000-4000-8000-000000000000");
    CHECK(make_uuid(~std::uint64_t{0}, ~std::uint64_t{0}) ==
          "ffffffff-ffff-4fff-bfff-ffffffffffff");
    CHECK(make_uuid(0x0123'4567'89AB'CDEF, 0x0123'4567'89AB'CDEF) ==
          "01234567-89ab-4def-8123-456789abcdef");

    std::set<std::string> seen;
    for (int bit = 0; bit < 48; ++bit)
        CHECK(seen.insert(make_uuid(std::uint64_t{1} << (bit + 16), 0)).second);
    for (int bit = 0; bit < 62; ++bit)
        CHECK(seen.insert(make_uuid(0, std::uint64_t{1} << bit)).second);
}

TEST_CASE("the place of a contender is what its number says", "[unit][contender]")
{
    const std::vector<std::string> names{
        "c-lock-0000000012", "a-lock-0000000007", "b-lock-0000000009", "d-lock-0000000003"};

    const auto first = place_of(names, "d-lock-0000000003");
    const auto third = place_of(names, "b-lock-0000000009");
    const auto absent = place_of(names, "x-lock-0000000008");

    CHECK(first.present);
    CHECK(first.in_front == 0);
    CHECK(first.predecessor.empty());
    CHECK(third.present);
    CHECK(first.behind == 3);
    CHECK(third.in_front == 2);
    CHECK(third.behind == 1);
    CHECK(third.predecessor == "a-lock-0000000007"); // the nearest, not the first
    CHECK_FALSE(absent.present);
}

TEST_CASE("node 0 is first in line like any other", "[unit][contender]")
{
    const auto alone = place_of({"a-lock-0000000000"}, "a-lock-0000000000");
    const auto second = place_of({"b-lock-0000000001", "a-lock-0000000000"}, "b-lock-0000000001");

    CHECK(alone.present);
    CHECK(alone.predecessor.empty());
    CHECK(second.predecessor == "a-lock-0000000000");
}

TEST_CASE("children without a number are never in front, nor behind", "[unit][contender]")
{
    const auto own = place_of({"leases", "0", "a-lock-0000000001", ""}, "a-lock-0000000001");

    CHECK(own.present);
    CHECK(own.in_front == 0);
    CHECK(own.behind == 0);
}

TEST_CASE("a wrapped, negative number is in front of every other", "[unit][contender]")
{
    const std::vector<std::string> names{
        "a-lock--2147483647", "b-lock-2147483647", "c-lock--2147483648"};

    CHECK(place_of(names, "c-lock--2147483648").predecessor.empty());
    CHECK(place_of(names, "a-lock--2147483647").predecessor == "c-lock--2147483648");
    CHECK(place_of(names, "b-lock-2147483647").predecessor == "a-lock--2147483647");
}

TEST_CASE("contenders with one number, of a frozen counter, still stand one behind the other",
          "[unit][contender]")
{
    const std::vector<std::string> names{
        "c-lock-2147483647", "a-lock-2147483647", "b-lock-2147483647"};

    CHECK(place_of(names, "a-lock-2147483647").predecessor.empty());
    CHECK(place_of(names, "b-lock-2147483647").predecessor == "a-lock-2147483647");
    CHECK(place_of(names, "c-lock-2147483647").predecessor == "b-lock-2147483647");
}

TEST_CASE("an own name without a number is nowhere in the queue", "[unit][contender]")
{
    CHECK_FALSE(place_of({"leases", "a-lock-0000000001"}, "leases").present);
    CHECK_FALSE(place_of({}, "a-lock-0000000001").present);
}

TEST_CASE("order is by number, whatever stands in front of it", "[unit][contender]")
{
    for (std::uint32_t run = 0; run < 300; ++run) {
        const auto seed = paddock::test::seed_of_run(run);
        paddock::test::chance chance(seed);
        INFO(paddock::test::replay(seed));
        std::vector<std::pair<std::int64_t, std::string>> queue; // number, name
        for (auto left = 1 + chance.below(12); left > 0; --left) {
            const auto number = static_cast<std::int64_t>(chance.below(40)) -
                                (chance.one_in(10) ? 2'147'483'648 : 0) -
                                (chance.one_in(10) ? 20 : 0);
            const auto id = make_uuid(chance.any(), chance.any());
            const auto prefix =
                chance.one_in(3) ? id.substr(0, 8) + "__lock__" : attempt_prefix(id);
            queue.emplace_back(number, prefix + suffix(number));
        }
        std::vector<std::string> names;
        for (const auto& [number, name] : queue)
            names.push_back(name); // in the order of nothing: as made
        std::sort(queue.begin(), queue.end());

        for (std::size_t at = 0; at < queue.size(); ++at) {
            const auto [present, in_front, behind, predecessor] = place_of(names, queue[at].second);
            CAPTURE(queue[at].second);
            REQUIRE(present);
            REQUIRE(in_front == at);
            REQUIRE(behind == queue.size() - at - 1);
            REQUIRE(predecessor == (at == 0 ? "" : queue[at - 1].second));
        }
    }
}

TEST_CASE("a lost create is found by its attempt's prefix, and no other's", "[unit][contender]")
{
    const auto mine = attempt_prefix(uuid);
    const auto other = attempt_prefix("6dabe3f4-6d31-4f0b-a4f5-6f8d2c1b7a91");

    CHECK(find_attempt({other + "0000000001", mine + "0000000002"}, mine) == mine + "0000000002");
    CHECK(find_attempt({other + "0000000001", "x" + mine + "0000000002"}, mine).empty());
    CHECK(find_attempt({}, mine).empty());
}
