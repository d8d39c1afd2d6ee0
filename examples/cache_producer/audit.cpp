#include "audit.hpp"

#include "section_audit.hpp"

#include <algorithm>
#include <utility>

namespace cache_producer {

namespace {

class auditor {
public:
    explicit auditor(const evidence& found) : found_(found) {}

    audit_report run()
    {
        check_values();
        check_sections();
        check_writes();
        check_messages();
        check_kill();
        check_orphans();
        return std::move(report_);
    }

private:
    void check_values()
    {
        for (const auto& row : found_.rows) {
            const auto cached = found_.cached.find(row.id);
            if (cached == found_.cached.end())
                mismatch(row, "nothing");
            else if (cached->second != cached_entry{stamp_of(row), row.payload})
                mismatch(row, cached->second.stamp);
        }
        require("the cached value of every product equals its newest row",
                of(found_.rows.size() - report_.mismatches, found_.rows.size(), "products"),
                report_.mismatches == 0 && !found_.rows.empty());
    }

    void mismatch(const product_row& row, const std::string& cached)
    {
        ++report_.mismatches;
        note("product " + row.id + ": the store has " + stamp_of(row) + ", the cache " + cached);
    }

    void check_sections()
    {
        const auto sections = sections_of(found_.sections);
        report_.sections = sections.size();
        for (const auto& one : sections) {
            report_.sections_lost += one.lost ? 1 : 0;
            report_.rebuilds += one.outcome == "rebuilt" ? 1 : 0;
            // The producer compared, and saw without asking the script that there was nothing new.
            report_.stale_writes_refused += one.outcome == "unchanged" ? 1 : 0;
        }
        for (auto& text : double_holders(sections, found_.sections)) {
            ++report_.double_holders;
            note(std::move(text));
        }
        require("no two instances were inside one product's section at once",
                counted(report_.double_holders, "double holders in ") +
                    counted(report_.sections, "sections"),
                report_.double_holders == 0 && report_.sections > 0);
    }

    void check_writes()
    {
        std::map<std::string, std::int64_t> highest;
        for (const auto& write : found_.writes) {
            report_.stale_writes_refused += write.result == verdict::stale ? 1 : 0;
            report_.fenced_writes_refused += write.result == verdict::fenced ? 1 : 0;
            if (write.result != verdict::written)
                continue;
            ++report_.writes_accepted;
            auto& top = highest[write.product];
            if (write.token < top) {
                ++report_.token_inversions;
                note("product " + write.product + ": a write with token " +
                     std::to_string(write.token) + " was accepted after one with " +
                     std::to_string(top));
            }
            top = std::max(top, write.token);
        }
        require("no write was accepted with a lower token after a higher one",
                counted(report_.token_inversions, "inversions in ") +
                    counted(report_.writes_accepted, "accepted writes"),
                report_.token_inversions == 0 && report_.writes_accepted > 0);
        if (found_.locking && found_.fencing)
            require("the late write of the stopped instance came, and was refused",
                    counted(report_.fenced_writes_refused, "writes fenced"),
                    report_.fenced_writes_refused > 0);
    }

    void check_messages()
    {
        require("every message is acknowledged",
                of(found_.messages - found_.unacked, found_.messages, "messages"),
                found_.unacked == 0 && found_.messages > 0);
        require("the dead-letter stream has the unprocessable messages and no other",
                of(found_.dead_letters, found_.dead_letters_expected, "dead letters"),
                found_.dead_letters == found_.dead_letters_expected);
    }

    void check_kill()
    {
        if (!found_.locking)
            return; // there was no lock to be freed
        const auto text = [](std::chrono::milliseconds time) {
            return std::to_string(time.count()) + " ms";
        };
        const bool known = found_.freed_after.has_value();
        require("the killed instance's lock was freed by its session's end",
                known ? "after " + text(*found_.freed_after) + ", expected " +
                            text(found_.freed_after_min) + " to " + text(found_.freed_after_max)
                      : "it was not freed",
                known && *found_.freed_after >= found_.freed_after_min &&
                    *found_.freed_after <= found_.freed_after_max);
    }

    void check_orphans()
    {
        for (const auto& path : found_.orphans)
            note("an orphan contender: " + path);
        require("no contender znode is left",
                counted(found_.orphans.size(), "orphans"),
                found_.orphans.empty());
    }

    void require(std::string promise, std::string found, bool holds)
    {
        report_.invariants.push_back({std::move(promise), std::move(found), holds});
    }

    void note(std::string text)
    {
        if (report_.findings.size() < findings_max)
            report_.findings.push_back(std::move(text));
    }

    static std::string counted(std::size_t count, const char* what)
    {
        return std::to_string(count) + " " + what;
    }

    static std::string of(std::size_t count, std::size_t all, const char* what)
    {
        return std::to_string(count) + " of " + std::to_string(all) + " " + what;
    }

    const evidence& found_;
    audit_report report_;
};

} // namespace

bool audit_report::passed() const
{
    return std::all_of(
        invariants.begin(), invariants.end(), [](const invariant& one) { return one.holds; });
}

audit_report audit(const evidence& found)
{
    return auditor(found).run();
}

} // namespace cache_producer
