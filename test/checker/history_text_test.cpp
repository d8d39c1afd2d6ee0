#include "test/checker/good_history.hpp"
#include "test/checker/history_text.hpp"
#include "test/support/temp_folder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace paddock::checker;
using paddock::test::temp_folder;

namespace {

const event grant{event_kind::granted, 3, 1, 17, std::chrono::nanoseconds(12), 85, -4};

std::filesystem::path file_of(const temp_folder& folder, const std::string& content)
{
    const auto path = folder.path() / "history";
    std::ofstream(path, std::ios::binary) << content;
    return path;
}

std::string content_of(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("an event is a line of seven words", "[unit][checker]")
{
    CHECK(text_of(grant, "product/42") == "12 granted 3 17 product/42 85 -4\n");
    CHECK(text_of({.kind = event_kind::quiet}, "") == "0 quiet 0 0 - 0 0\n");
}

TEST_CASE("any key name survives a file", "[unit][checker]")
{
    const temp_folder folder;
    history all;
    for (const std::string name :
         {"a", "-", "a b", "%41", "line\nfeed", "\xc3\xa4\xff", "tab\t", "#=@;", "--", "%"})
        all.append({.kind = event_kind::called, .key = all.key(name)});
    all.append({.kind = event_kind::called, .key = all.key(std::string("\0zero", 5))});
    history_file(folder.path() / "keys").append(all);

    history again;
    const auto result = read_history(folder.path() / "keys", again);

    CHECK(result.lines == all.size());
    CHECK_FALSE(result.torn);
    REQUIRE(again.events() == all.events());
    for (key_id key = 0; key < all.keys(); ++key)
        CHECK(again.name_of(key) == all.name_of(key));
}

TEST_CASE("the largest and smallest numbers survive a file", "[unit][checker]")
{
    const temp_folder folder;
    using limits = std::numeric_limits<std::int64_t>;
    history all;
    all.append({event_kind::left_over,
                std::numeric_limits<client_id>::max(),
                no_key,
                std::numeric_limits<std::uint64_t>::max(),
                std::chrono::nanoseconds::max(),
                limits::max(),
                limits::min()});
    history_file(folder.path() / "numbers").append(all);

    history again;
    read_history(folder.path() / "numbers", again);

    CHECK(again.events() == all.events());
}

TEST_CASE("a history of many batches survives a file", "[unit][checker]")
{
    const temp_folder folder;
    const auto all = make_good_history({.events = 50'000});
    history_file(folder.path() / "many").append(all);

    history again;
    const auto result = read_history(folder.path() / "many", again);

    CHECK(std::filesystem::file_size(folder.path() / "many") > 1'000'000);
    CHECK(result.lines == all.size());
    CHECK(again.size() == all.size());
}

TEST_CASE("a torn last line is left out, wherever it was torn", "[unit][checker]")
{
    const temp_folder folder;
    const auto line = text_of(grant, "key");
    for (std::size_t length = 0; length < line.size(); ++length) {
        history all;
        const auto result = read_history(file_of(folder, line + line.substr(0, length)), all);
        CHECK(result.torn == (length > 0));
        CHECK(result.lines == 1);
        CHECK(all.size() == 1);
    }
}

TEST_CASE("a line that nobody would have written is refused with its place", "[unit][checker]")
{
    const temp_folder folder;
    for (const std::string bad : {"",
                                  " ",
                                  "12 granted 3 17 key 85",
                                  "12 granted 3 17 key 85 0 0",
                                  "12  granted 3 17 key 85 0",
                                  " 12 granted 3 17 key 85 0",
                                  "12 granted 3 17 key 85 0 ",
                                  "12 granted 3 17 key 85 0\r",
                                  "12 Granted 3 17 key 85 0",
                                  "12 grant 3 17 key 85 0",
                                  "12 granted -3 17 key 85 0",
                                  "12 granted 4294967296 17 key 85 0",
                                  "12 granted 3 17 key 0x85 0",
                                  "12 granted 3 17 key 085 0",
                                  "12 granted 3 17 key +85 0",
                                  "12 granted 3 17 key 9223372036854775808 0",
                                  "12 granted 3 17 key 85 -0",
                                  "12.5 granted 3 17 key 85 0",
                                  "12 granted 3 17 a-b 85 0",
                                  "12 granted 3 17 %4 85 0",
                                  "12 granted 3 17 % 85 0",
                                  "12 granted 3 17 %GG 85 0",
                                  "12 granted 3 17 %41 85 0",
                                  "12 granted 3 17 %2d 85 0",
                                  "12 granted 3 17  85 0",
                                  "12 granted 3 112 granted 3 17 key 85 0"}) {
        history all;
        std::string message;
        const auto path = file_of(folder, text_of(grant, "key") + bad + "\n");
        try {
            read_history(path, all);
        } catch (const std::runtime_error& error) {
            message = error.what();
        }
        CHECK(message == path.string() + ":2: not an event: " + bad);
    }
}

TEST_CASE("a missing file is an error, an empty one is an empty history", "[unit][checker]")
{
    const temp_folder folder;
    history all;

    CHECK_THROWS_AS(read_history(folder.path() / "none", all), std::runtime_error);
    CHECK_THROWS_AS(history_file(folder.path() / "no" / "folder"), std::system_error);
    CHECK(read_history(file_of(folder, ""), all).lines == 0);
    CHECK(all.size() == 0);
}

TEST_CASE("lines of many threads do not mix, and a file goes on where it ended", "[unit][checker]")
{
    const temp_folder folder;
    const auto path = folder.path() / "shared";
    {
        history_file file(path);
        std::vector<std::jthread> writers;
        for (client_id client = 1; client <= 4; ++client)
            writers.emplace_back([&file, client] {
                for (int n = 0; n < 500; ++n)
                    file.append({.kind = event_kind::called, .client = client}, "key");
            });
    }
    history_file(path).append(grant, "key");

    history all;
    CHECK(read_history(path, all).lines == 2'001);
    CHECK(content_of(path).ends_with(text_of(grant, "key")));
}

TEST_CASE("histories of several processes become one", "[unit][checker]")
{
    history one;
    history two;
    one.append({.kind = event_kind::called, .client = 1, .key = one.key("a")});
    two.append({.kind = event_kind::called, .client = 2, .key = two.key("b")});
    two.append({.kind = event_kind::called, .client = 3, .key = two.key("a")});
    two.append({.kind = event_kind::quiet});

    one.append(two);

    REQUIRE(one.size() == 4);
    CHECK(one.keys() == 3);
    CHECK(one.name_of(one.events()[1].key) == "b");
    CHECK(one.events()[2].key == one.events()[0].key);
    CHECK(one.events()[3].key == no_key);
}
