#include "src/contenders.hpp"

#include <algorithm>
#include <utility>

namespace paddock::detail {

contenders::id contenders::add(contender_events events)
{
    const auto who = ++last_;
    entries_.emplace(who, entry{{}, std::move(events)});
    return who;
}

void contenders::set_path(id who, std::string path)
{
    if (const auto found = entries_.find(who); found != entries_.end())
        found->second.path = std::move(path);
}

void contenders::replace(id who, contender_events events)
{
    if (const auto found = entries_.find(who); found != entries_.end())
        found->second.events = std::move(events);
}

void contenders::remove(id who)
{
    entries_.erase(who);
}

std::vector<std::string> contenders::take_turn(portion most)
{
    std::vector<std::string> paths;
    std::size_t bytes = 0;
    auto next = entries_.upper_bound(turn_);
    for (std::size_t seen = 0; seen < entries_.size() && paths.size() < most.paths; ++seen) {
        if (next == entries_.end())
            next = entries_.begin();
        const auto& path = next->second.path;
        if (!paths.empty() && bytes + path.size() > most.bytes)
            break;
        turn_ = next->first;
        bytes += path.size();
        if (!path.empty())
            paths.push_back(path);
        ++next;
    }
    return paths;
}

std::function<void()> contenders::take_missing(const std::string& path)
{
    const auto found = std::find_if(
        entries_.begin(), entries_.end(), [&](const auto& who) { return who.second.path == path; });
    if (found == entries_.end())
        return nullptr;
    found->second.path.clear();
    return found->second.events.missing;
}

std::vector<contender_events> contenders::take_all()
{
    std::vector<contender_events> all;
    for (auto& [who, contender] : std::exchange(entries_, {}))
        all.push_back(std::move(contender.events));
    return all;
}

} // namespace paddock::detail
