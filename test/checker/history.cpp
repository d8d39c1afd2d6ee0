#include "test/checker/history.hpp"

#include <algorithm>
#include <array>

namespace paddock::checker {

std::string_view name_of(event_kind kind)
{
    // clang-format off
    static constexpr std::array<std::string_view, event_kinds> names{
        "called", "granted", "refused", "believed", "released", "lost", "lost_signalled",
        "written", "write_refused",
        "increment_sent", "incremented", "increment_refused", "final_value",
        "killed", "paused", "resumed", "closed", "calm_begins", "calm_ends", "quiet", "left_over"};
    // clang-format on
    return names.at(static_cast<std::size_t>(kind));
}

history::history()
{
    key(""); // gets the number no_key
}

key_id history::key(std::string_view name)
{
    const auto known = numbers_.find(name);
    if (known != numbers_.end())
        return known->second;
    const auto number = static_cast<key_id>(names_.size());
    numbers_.emplace(name, number);
    names_.emplace_back(name);
    return number;
}

void history::append(const history& other)
{
    std::vector<key_id> here;
    here.reserve(other.keys());
    for (const auto& name : other.names_)
        here.push_back(key(name));
    for (event copy : other.events_) {
        copy.key = here.at(copy.key);
        append(copy);
    }
}

void history::sort()
{
    std::stable_sort(events_.begin(), events_.end(), [](const event& a, const event& b) {
        return a.time < b.time;
    });
}

} // namespace paddock::checker
