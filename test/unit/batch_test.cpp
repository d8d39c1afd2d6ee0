#include "src/batch.hpp"

#include <catch2/catch_test_macros.hpp>

#include <deque>
#include <string>
#include <vector>

using namespace paddock::detail;

namespace {

batch_entry creation(const std::string& key)
{
    return {.parent = "/" + key, .path = "/" + key + "/c-", .created = [](const enqueued&) {}};
}

batch_entry deletion(const std::string& key, const std::string& name = "x")
{
    return {.parent = "/" + key, .path = "/" + key + "/" + name, .removed = [](reply_code) {}};
}

std::string text_of(const std::vector<batch_entry>& entries)
{
    std::string text;
    for (const auto& each : entries)
        text += (each.creates() ? "+" : "-") + each.parent.substr(1) + " ";
    return text;
}

struct kind_of {
    std::string operator()(const check_op& op) const { return "check " + op.path; }
    std::string operator()(const remove_op& op) const { return "remove " + op.path; }
    std::string operator()(const create_op& op) const { return "create " + op.path; }
    std::string operator()(const touch_op& op) const { return "touch " + op.path; }
};

} // namespace

TEST_CASE("what waits leaves together and in order", "[unit][batch]")
{
    std::deque<batch_entry> waiting{creation("a"), deletion("b"), creation("c")};

    CHECK(text_of(take_batch(waiting, 10)) == "+a -b +c ");
    CHECK(waiting.empty());
}

TEST_CASE("a transaction is bounded in entries and bytes, and never empty", "[unit][batch]")
{
    const auto taken_of = [](const batch_limits& most) {
        std::deque<batch_entry> waiting{creation("a"), creation("b"), creation("c"), deletion("d")};
        auto sizes = std::to_string(take_batch(waiting, 100, most).size());
        return sizes + " " + std::to_string(waiting.size());
    };

    CHECK(taken_of({.entries = 3, .bytes = 100'000}) == "3 1");
    CHECK(taken_of({.entries = 100, .bytes = 500}) == "2 2");
    CHECK(taken_of({.entries = 100, .bytes = 1}) == "1 3");
}

TEST_CASE("a contender's operations are its creation and its parent's touch", "[unit][batch]")
{
    const auto ops = operations_of({creation("a"), deletion("b"), creation("c")}, "data");

    std::vector<std::string> texts;
    for (const auto& each : ops)
        texts.push_back(std::visit(kind_of{}, each));
    CHECK(texts == std::vector<std::string>{
                       "create /a/c-", "touch /a", "remove /b/x", "create /c/c-", "touch /c"});
    CHECK(std::get<create_op>(ops.front()).data == "data");
}

TEST_CASE("the entry that a transaction failed through is taken out, and no other", "[unit][batch]")
{
    // operations: 0 and 1, 2, 3 and 4
    const auto split_at = [](std::size_t operation) {
        auto split = after_failure({creation("a"), deletion("b"), creation("c")}, operation);
        const auto guilty = split.guilty ? split.guilty->parent.substr(1) : "nobody";
        const auto untouchable =
            split.untouchable ? " /" + split.untouchable->parent.substr(1) : "";
        CHECK(split.singly.empty());
        return guilty + untouchable + ": " + text_of(split.together);
    };

    CHECK(split_at(0) == "a: -b +c ");
    CHECK(split_at(2) == "b: +a +c ");
    CHECK(split_at(3) == "c: +a -b ");
    CHECK(split_at(1) == "nobody /a: -b +c "); // its parent may not be written: not its fault
    CHECK(split_at(4) == "nobody /c: +a -b ");
}

TEST_CASE("who was in two transactions that failed goes by itself", "[unit][batch]")
{
    auto once = after_failure({deletion("a"), deletion("b"), creation("c")}, 0).together;
    once.push_back(creation("d"));
    once.insert(once.begin(), deletion("e"));

    const auto twice = after_failure(std::move(once), 0);

    CHECK(text_of(twice.singly) == "-b +c ");
    CHECK(text_of(twice.together) == "+d ");
}
