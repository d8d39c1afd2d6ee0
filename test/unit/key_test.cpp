#include "recipes/key.hpp"
#include "test/unit/chance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

using paddock::detail::check_lock_path;
using paddock::detail::encode_key;
using paddock::detail::is_lock_path;

namespace {

// Few different bytes, so that random keys collide and resemble each other's encodings.
std::string random_key(paddock::test::chance& chance)
{
    constexpr std::string_view bytes = "a2F%./~_- \x80\xC3\xBC";
    std::string key(1 + chance.below(6), ' ');
    for (auto& byte : key)
        byte = chance.one_in(8) ? static_cast<char>(chance.below(256))
                                : bytes[chance.below(bytes.size())];
    return key;
}

std::string decode(std::string_view name)
{
    std::string key;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (name[at] != '%') {
            key += name[at];
            continue;
        }
        key += static_cast<char>(std::stoi(std::string(name.substr(at + 1, 2)), nullptr, 16));
        at += 2;
    }
    return key;
}

} // namespace

TEST_CASE("a key becomes the znode name that the documentation gives", "[unit][key]")
{
    struct row {
        std::string_view key;
        std::string name;
    };
    const row rows[] = {
        {"42", "42"},
        {"AZaz09._-~", "AZaz09._-~"},
        {".", "%2E"},
        {"..", "%2E."},
        {".hidden", "%2Ehidden"},
        {"a.b..", "a.b.."},
        {"a/b", "a%2Fb"},
        {"/", "%2F"},
        {"100%", "100%25"},
        {"%2F", "%252F"},
        {"two words", "two%20words"},
        {"\xC3\xBC", "%C3%BC"},               // a letter beyond ASCII
        {"\xF0\x9F\x90\x8E", "%F0%9F%90%8E"}, // a horse
        {"\xFF", "%FF"},                      // not UTF-8: a key is bytes
        {std::string_view("a\0b", 3), "a%00b"},
        {"\x7F\n", "%7F%0A"},
        {"zookeeper", "zookeeper"},
    };

    for (const auto& [key, name] : rows)
        CHECK(encode_key(key) == name);
}

TEST_CASE("a key may be as long as 255 bytes once encoded and no longer", "[unit][key]")
{
    CHECK(encode_key(std::string(255, 'x')) == std::string(255, 'x'));
    CHECK(encode_key(std::string(256, 'x')) == std::nullopt);
    CHECK(encode_key(std::string(85, '/')).value().size() == 255);
    CHECK(encode_key(std::string(86, '/')) == std::nullopt);
    CHECK(encode_key(std::string(253, 'x') + "/") == std::nullopt); // the last byte counts three
    CHECK(encode_key("." + std::string(252, 'x')).value().size() == 255);
    CHECK(encode_key("." + std::string(253, 'x')) == std::nullopt);
}

TEST_CASE("an empty key is refused", "[unit][key]")
{
    CHECK(encode_key("") == std::nullopt);
}

TEST_CASE("two keys never share a znode, and a name leads back to its key", "[unit][key]")
{
    const auto seed = paddock::test::seed_of_run(0);
    paddock::test::chance chance(seed);
    INFO(paddock::test::replay(seed));
    std::map<std::string, std::string> key_of;

    for (int count = 0; count < 20'000; ++count) {
        const auto key = random_key(chance);
        const auto name = encode_key(key);
        CAPTURE(key);
        REQUIRE(name);
        REQUIRE(key_of.emplace(*name, key).first->second == key);
        REQUIRE(decode(*name) == key);
    }
}

TEST_CASE("a key never nests below another and is a name that the server takes", "[unit][key]")
{
    const auto seed = paddock::test::seed_of_run(0);
    paddock::test::chance chance(seed);
    INFO(paddock::test::replay(seed));

    for (int count = 0; count < 5'000; ++count) {
        const auto key = random_key(chance);
        const auto name = encode_key(key);
        CAPTURE(key);
        REQUIRE(name);
        REQUIRE(name->find('/') == std::string::npos);
        REQUIRE(is_lock_path("/locks/" + *name));
    }
}

TEST_CASE("a lock's path is absolute, printable and not the server's own", "[unit][key]")
{
    struct row {
        std::string path;
        bool good;
    };
    const row rows[] = {
        {"/locks", true},
        {"/locks/product", true},
        {"/a b/\xC3\xBC", true},
        {"/...", true},
        {"/zookeepers", true},
        {"/locks/zookeeper", true},
        {"/" + std::string(1'023, 'x'), true},
        {"", false},
        {"/", false},
        {"locks", false},
        {"/locks/", false},
        {"//locks", false},
        {"/locks//product", false},
        {"/./locks", false},
        {"/locks/..", false},
        {"/locks/\n", false},
        {"/locks/\x7F", false},
        {std::string("/locks/\0", 8), false},
        {"/zookeeper", false},
        {"/zookeeper/config", false},
        {"/" + std::string(1'024, 'x'), false},
    };

    for (const auto& [path, good] : rows) {
        CAPTURE(path);
        CHECK(is_lock_path(path) == good);
    }
}

TEST_CASE("a path that is no lock path is refused by name, with a good one to copy", "[unit][key]")
{
    CHECK_NOTHROW(check_lock_path("/locks/product"));

    try {
        check_lock_path("/locks/");
        FAIL("it was taken");
    } catch (const std::invalid_argument& refusal) {
        const std::string_view words = refusal.what();
        CHECK(words.find("\"/locks/\"") != std::string_view::npos);
        CHECK(words.find("/locks/product") != std::string_view::npos);
    }
}
