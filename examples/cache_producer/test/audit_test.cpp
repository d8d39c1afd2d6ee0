#include "audit.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <functional>
#include <utility>

using namespace cache_producer;
using namespace std::chrono_literals;

namespace {

product_row row(const char* id, std::int64_t version)
{
    return {id, 1'000 + version, version, "version " + std::to_string(version)};
}

cached_entry entry_of(const product_row& one)
{
    return {stamp_of(one), one.payload};
}

section_record line(section_step step,
                    const char* instance,
                    std::uint64_t section,
                    std::int64_t token,
                    const char* note = "")
{
    return {step, instance, section, "a", token, note, {}};
}

/// A run in which all is well, with everything in it that has to be excused.
evidence good_run()
{
    evidence found;
    found.rows = {row("a", 3), row("b", 1)};
    for (const auto& one : found.rows)
        found.cached.emplace(one.id, entry_of(one));
    found.sections = {line(section_step::enter, "p1", 1, 10),
                      line(section_step::leave, "p1", 1, 10, "written"),
                      // killed inside: no end, and its lock goes to p2
                      line(section_step::enter, "p1", 2, 11),
                      line(section_step::killed, "p1", 0, 0),
                      line(section_step::enter, "p2", 1, 12),
                      line(section_step::leave, "p2", 1, 12, "unchanged"),
                      // stopped inside: p3 comes and goes before it goes on
                      line(section_step::enter, "p2", 2, 13),
                      line(section_step::stopped, "p2", 0, 0),
                      line(section_step::enter, "p3", 1, 14),
                      line(section_step::leave, "p3", 1, 14, "written"),
                      line(section_step::leave, "p2", 2, 13, "fenced"),
                      line(section_step::lost, "p2", 2, 13, "fenced")};
    found.writes = {{verdict::written, "a", 10},
                    {verdict::stale, "a", 12},
                    {verdict::written, "a", 14},
                    {verdict::fenced, "a", 13},
                    {verdict::written, "b", 5}};
    found.messages = 6;
    found.dead_letters = 2;
    found.dead_letters_expected = 2;
    found.freed_after = 4'500ms;
    found.freed_after_min = 2s;
    found.freed_after_max = 8s;
    return found;
}

/// The promises that a report calls broken.
std::vector<std::string> broken(const audit_report& report)
{
    std::vector<std::string> promises;
    for (const auto& one : report.invariants) {
        if (!one.holds)
            promises.push_back(one.promise);
    }
    return promises;
}

} // namespace

TEST_CASE("an audit passes a run in which faults happened and nothing was damaged", "[unit][audit]")
{
    const auto report = audit(good_run());

    INFO(::Catch::StringMaker<std::vector<std::string>>::convert(report.findings));
    CHECK(report.passed());
    CHECK(report.sections == 5);
    CHECK(report.sections_lost == 1);
    CHECK(report.writes_accepted == 3);
    CHECK(report.stale_writes_refused == 2); // one by the script, one seen before it
    CHECK(report.fenced_writes_refused == 1);
    CHECK(report.findings.empty());
}

TEST_CASE("an audit notices every planted violation, and only that one", "[unit][audit]")
{
    struct planted {
        const char* fault;
        std::function<void(evidence&)> plant;
        const char* promise;
    };
    const char* const value = "the cached value of every product equals its newest row";
    const char* const alone = "no two instances were inside one product's section at once";
    const char* const order = "no write was accepted with a lower token after a higher one";
    const char* const refused = "the late write of the stopped instance came, and was refused";
    const char* const acknowledged = "every message is acknowledged";
    const char* const dead = "the dead-letter stream has the unprocessable messages and no other";
    const char* const freed = "the killed instance's lock was freed by its session's end";
    const char* const left = "no contender znode is left";
    const auto erase = [](evidence& e, std::size_t at) {
        e.sections.erase(e.sections.begin() + static_cast<std::ptrdiff_t>(at));
    };

    const planted all[] = {
        {"an old value is cached",
         [](evidence& e) { e.cached["a"] = entry_of(row("a", 2)); },
         value},
        {"the right stamp with another payload",
         [](evidence& e) { e.cached["a"].payload = "other"; },
         value},
        {"a product is not cached", [](evidence& e) { e.cached.erase("b"); }, value},
        {"there are no products at all",
         [](evidence& e) {
             e.rows.clear();
             e.cached.clear();
         },
         value},
        {"somebody enters before the other has left",
         [](evidence& e) { std::swap(e.sections[1], e.sections[2]); },
         alone},
        {"the killed instance was not killed", [&](evidence& e) { erase(e, 3); }, alone},
        {"the kill came after somebody else had entered",
         [](evidence& e) { std::swap(e.sections[3], e.sections[4]); },
         alone},
        {"the lock was lost, and no fault explains it", [&](evidence& e) { erase(e, 7); }, alone},
        {"the stopped instance left as if it had held the lock all the time",
         [](evidence& e) { e.sections.pop_back(); },
         alone},
        {"the lost section has the higher token",
         [](evidence& e) {
             for (const std::size_t i : {6U, 10U, 11U})
                 e.sections[i].token = 15;
         },
         alone},
        {"two enter without a lock at all",
         [](evidence& e) {
             e.sections.push_back(line(section_step::enter, "p3", 8, 0));
             e.sections.push_back(line(section_step::enter, "p2", 8, 0));
             e.sections.push_back(line(section_step::leave, "p2", 8, 0));
             e.sections.push_back(line(section_step::leave, "p3", 8, 0));
         },
         alone},
        {"nobody entered anything", [](evidence& e) { e.sections.clear(); }, alone},
        {"a late write was accepted",
         [](evidence& e) {
             e.writes.push_back({verdict::written, "a", 13});
         },
         order},
        {"nothing was written",
         [](evidence& e) {
             std::erase_if(e.writes, [](auto& w) { return w.result == verdict::written; });
         },
         order},
        {"the late write never came",
         [](evidence& e) {
             std::erase_if(e.writes, [](auto& w) { return w.result == verdict::fenced; });
         },
         refused},
        {"a message is pending", [](evidence& e) { e.unacked = 1; }, acknowledged},
        {"there were no messages", [](evidence& e) { e.messages = 0; }, acknowledged},
        {"a good message is among the dead letters", [](evidence& e) { e.dead_letters = 3; }, dead},
        {"a bad message was swallowed", [](evidence& e) { e.dead_letters = 1; }, dead},
        {"the lock was freed late", [](evidence& e) { e.freed_after = 8'001ms; }, freed},
        {"the lock was free at once", [](evidence& e) { e.freed_after = 10ms; }, freed},
        {"the lock was never freed", [](evidence& e) { e.freed_after.reset(); }, freed},
        {"a contender is left", [](evidence& e) { e.orphans = {"/locks/a/_c_1"}; }, left},
    };
    for (const auto& one : all) {
        auto found = good_run();
        one.plant(found);

        const auto report = audit(found);

        CAPTURE(one.fault);
        CHECK_FALSE(report.passed());
        CHECK(broken(report) == std::vector<std::string>{one.promise});
    }
}

TEST_CASE("an audit counts the damage and spells out the first of it", "[unit][audit]")
{
    auto found = good_run();
    for (int i = 0; i < 30; ++i)
        found.writes.push_back({verdict::written, "a", 1 + i % 3});

    const auto report = audit(found);

    CHECK(report.token_inversions == 30);
    CHECK(report.findings.size() == findings_max);
    CHECK(report.findings.front() ==
          "product a: a write with token 1 was accepted after one with 14");
}

TEST_CASE("an audit without a lock does not ask when it was freed", "[unit][audit]")
{
    auto found = good_run();
    found.locking = false;
    found.freed_after.reset();

    CHECK(audit(found).passed());
}
