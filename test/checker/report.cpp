#include "test/checker/report.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace paddock::checker {

namespace {

// clang-format off
constexpr std::array<std::string_view, rule_count> rule_names{
    "sound", "one_believer", "hold_ends",
    "token_unique", "token_order", "fifo",
    "write_order", "write_token", "write_refusal", "increments",
    "answered", "resolved", "served", "idle_key", "limit",
    "error_cause", "lost_signal", "left_over", "traffic"};
// clang-format on

void add_count(std::string& text, std::string_view name, std::uint64_t count)
{
    text += std::to_string(count);
    text += ' ';
    text += name;
}

} // namespace

std::string_view name_of(rule which)
{
    return rule_names.at(static_cast<std::size_t>(which));
}

std::optional<rule> rule_named(std::string_view name)
{
    const auto found = std::find(rule_names.begin(), rule_names.end(), name);
    if (found == rule_names.end())
        return std::nullopt;
    return static_cast<rule>(found - rule_names.begin());
}

std::uint64_t report::total() const
{
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::string seconds(std::chrono::nanoseconds time)
{
    constexpr std::int64_t second = 1'000'000'000;
    const auto whole = std::to_string(time.count() / second);
    const auto rest = std::to_string(std::abs(time.count() % second));
    const bool lost_sign = time.count() < 0 && time.count() > -second;
    return (lost_sign ? "-" : "") + whole + "." + std::string(9 - rest.size(), '0') + rest + " s";
}

std::string text_of(const report& result)
{
    std::string text;
    for (const auto& [broken, sentence] : result.listed()) {
        text += name_of(broken);
        text += ": ";
        text += sentence;
        text += '\n';
    }
    for (std::size_t n = 0; n < rule_count; ++n) {
        const auto which = static_cast<rule>(n);
        if (result.count(which) == 0)
            continue;
        text += "violations of ";
        text += name_of(which);
        text += ": " + std::to_string(result.count(which)) + "\n";
    }
    return text;
}

std::string text_of(const summary& numbers)
{
    std::string text;
    add_count(text, "events, ", numbers.events);
    add_count(text, "keys, ", numbers.keys);
    add_count(text, "clients, ", numbers.clients);
    add_count(text, "killed, ", numbers.kills);
    add_count(text, "pauses\n", numbers.pauses);
    add_count(text, "calls, ", numbers.calls);
    add_count(text, "grants, ", numbers.grants);
    add_count(text, "refused, ", numbers.refusals);
    add_count(text, "lost holds\n", numbers.losses);
    add_count(text, "writes, ", numbers.writes);
    add_count(text, "refused, ", numbers.refused_writes);
    add_count(text, "increments, ", numbers.increments);
    add_count(text, "in doubt\n", numbers.doubtful_increments);
    text += "longest queue " + std::to_string(numbers.longest_queue);
    text += ", longest wait " + seconds(numbers.longest_wait);
    text += ", longest hold " + seconds(numbers.longest_hold) + "\n";
    text += "longest wait once faults were over " + seconds(numbers.longest_resolution) + "\n";
    text += "longest time a key was wanted and not held " + seconds(numbers.longest_idle);
    text +=
        "; in " + seconds(numbers.calm) + " of calm " + seconds(numbers.longest_calm_idle) + "\n";
    return text;
}

} // namespace paddock::checker
