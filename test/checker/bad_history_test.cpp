#include "test/checker/bad_history.hpp"
#include "test/checker/check.hpp"
#include "test/checker/script.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>

using namespace paddock::checker;

namespace {

using rule_set = std::set<std::string_view>;

rule_set broken_in(const report& result)
{
    rule_set broken;
    for (std::size_t n = 0; n < rule_count; ++n)
        if (result.count(static_cast<rule>(n)) > 0)
            broken.insert(name_of(static_cast<rule>(n)));
    return broken;
}

rule_set names_of(const std::vector<rule>& which)
{
    rule_set names;
    for (const rule one : which)
        names.insert(name_of(one));
    return names;
}

std::string text_of(const rule_set& names)
{
    std::string text;
    for (const auto name : names)
        text += std::string(name) + " ";
    return text;
}

std::string spoilt(const bad_history& row)
{
    std::string script(row.good.script);
    const auto at = script.find(row.from);
    REQUIRE(at != std::string::npos);
    REQUIRE(script.find(row.from, at + 1) == std::string::npos); // else which one is meant?
    return script.replace(at, row.from.size(), row.to);
}

void check_row(const bad_history& row)
{
    INFO(row.wrong);
    const auto good = check(told_by(row.good.script), row.good.by);
    const auto bad = check(told_by(spoilt(row)), row.good.by);

    INFO(text_of(bad));
    CHECK(text_of(good) == "");
    CHECK(text_of(broken_in(bad)) == text_of(names_of(row.broken)));
}

// With all its rules off but one, a bad history is still caught by that one, and with those off it
// passes: no rule leans on another.
void check_switches(const bad_history& row)
{
    INFO(row.wrong);
    const auto history = told_by(spoilt(row));
    auto others = row.good.by;
    for (const rule one : row.broken) {
        auto alone = row.good.by;
        alone.on.fill(false);
        alone.set(one, true);
        others.set(one, false);
        CHECK(text_of(broken_in(check(history, alone))) == text_of(names_of({one})));
    }
    if (others.checks(rule::fifo)) // else its cases count as falling tokens: see tokens.cpp
        CHECK(text_of(broken_in(check(history, others))) == "");
}

void check_all(const std::vector<bad_history>& rows)
{
    for (const auto& row : rows) {
        check_row(row);
        check_switches(row);
    }
}

} // namespace

TEST_CASE("two believers, falling tokens and unfair grants are found", "[unit][checker]")
{
    check_all(bad_holds());
}

TEST_CASE("answers and signals that come late, twice or never are found", "[unit][checker]")
{
    check_all(bad_answers());
}

TEST_CASE("writes behind the fence, lost increments and leftovers are found", "[unit][checker]")
{
    check_all(bad_resources());
}

TEST_CASE("records that make no sense are found", "[unit][checker]")
{
    check_all(bad_records());
}

TEST_CASE("the bad histories have names of their own and break every rule", "[unit][checker]")
{
    std::set<std::string_view> names;
    rule_set broken;
    std::size_t rows = 0;
    for (const auto* table : {&bad_holds(), &bad_answers(), &bad_resources(), &bad_records()}) {
        for (const auto& row : *table) {
            ++rows;
            names.insert(row.wrong);
            broken.merge(names_of(row.broken));
        }
    }

    CHECK(names.size() == rows);
    CHECK(rows >= 150);
    CHECK(broken.size() == rule_count);
}
