#include "src/contenders.hpp"

#include "src/znode_path.hpp"

#include <iterator>
#include <utility>

namespace paddock::detail {

namespace {

bool is_child(std::string_view path, std::string_view parent, std::string_view name)
{
    return path.size() == parent.size() + 1 + name.size() && path.starts_with(parent) &&
           path.ends_with(name) && path[parent.size()] == '/';
}

} // namespace

contenders::id contenders::add(std::shared_ptr<contender_owner> owner)
{
    const auto who = ++last_;
    entries_.emplace_hint(entries_.end(), who, entry{nullptr, std::move(owner)});
    return who;
}

void contenders::set_path(id who, std::string_view parent, std::string_view name)
{
    const auto found = entries_.find(who);
    if (found == entries_.end())
        return;
    auto& contender = found->second;
    const bool known =
        contender.at != nullptr ? is_child(contender.at->first, parent, name) : name.empty();
    if (known)
        return;
    drop_path(contender);
    if (name.empty())
        return;
    auto& at = *znodes_.try_emplace(child_path(parent, name)).first;
    if (const auto before = entries_.find(at.second.owner); before != entries_.end())
        before->second.at = nullptr; // a znode has one owner, the latest
    at.second.owner = who;
    contender.at = &at;
}

void contenders::drop_path(entry& who)
{
    auto* const at = std::exchange(who.at, nullptr);
    if (at == nullptr)
        return;
    at->second.owner = 0;
    settle(*at);
}

// Whoever waits is not told here, where the caller may be about to hand the znode on, nor
// forgotten.
void contenders::settle(znode& at)
{
    if (!at.second.is_over())
        return;
    if (at.second.waiters.empty())
        znodes_.erase(znodes_.find(at.first));
    else
        freed_.push_back(at.first);
}

std::string contenders::path_of(id who) const
{
    const auto found = entries_.find(who);
    const bool known = found != entries_.end() && found->second.at != nullptr;
    return known ? found->second.at->first : std::string();
}

void contenders::replace(id who, std::shared_ptr<contender_owner> owner)
{
    if (const auto found = entries_.find(who); found != entries_.end())
        found->second.owner = std::move(owner);
}

void contenders::remove(id who)
{
    const auto found = entries_.find(who);
    if (found == entries_.end())
        return;
    drop_path(found->second);
    entries_.erase(found);
}

std::vector<std::string> contenders::take_turn(portion most)
{
    std::vector<std::string> paths;
    std::size_t bytes = 0;
    auto next = entries_.upper_bound(turn_);
    for (std::size_t seen = 0; seen < entries_.size() && paths.size() < most.paths; ++seen) {
        if (next == entries_.end())
            next = entries_.begin();
        const auto* const at = next->second.at;
        const auto size = at == nullptr ? 0 : at->first.size();
        if (!paths.empty() && bytes + size > most.bytes)
            break;
        turn_ = next->first;
        bytes += size;
        if (at != nullptr)
            paths.push_back(at->first);
        ++next;
    }
    return paths;
}

std::shared_ptr<contender_owner> contenders::take_missing(const std::string& path)
{
    const auto at = znodes_.find(path);
    if (at == znodes_.end())
        return nullptr;
    const auto owner = entries_.find(at->second.owner);
    if (owner == entries_.end())
        return nullptr; // being deleted: who does that will hear
    drop_path(owner->second);
    return owner->second.owner;
}

void contenders::doom(const std::string& path)
{
    ++znodes_[path].dooms;
}

void contenders::confirm_gone(const std::string& path)
{
    const auto at = znodes_.find(path);
    if (at == znodes_.end() || at->second.dooms == 0)
        return;
    --at->second.dooms;
    settle(*at);
}

contenders::watch_id contenders::watch(const std::string& path, freed handler)
{
    const auto at = znodes_.find(path);
    if (at == znodes_.end() || at->second.is_over())
        return 0;
    const auto number = ++last_watch_;
    auto& waiters = at->second.waiters;
    auto last = waiters.before_begin();
    while (std::next(last) != waiters.end())
        ++last;
    waiters.insert_after(last, {number, std::move(handler)});
    watched_.emplace(number, &*at);
    return number;
}

bool contenders::unwatch(watch_id watch)
{
    const auto node = watched_.extract(watch);
    if (node.empty())
        return false;
    auto& at = *node.mapped();
    std::erase_if(at.second.waiters, [&](const waiter& each) { return each.number == watch; });
    if (at.second.is_over() && at.second.waiters.empty())
        znodes_.erase(znodes_.find(at.first));
    return true;
}

std::vector<contenders::freed> contenders::take_freed()
{
    std::vector<freed> handlers;
    for (const auto& path : std::exchange(freed_, {})) {
        const auto at = znodes_.find(path);
        if (at == znodes_.end() || !at->second.is_over())
            continue;
        for (auto& each : at->second.waiters) {
            watched_.erase(each.number);
            handlers.push_back(std::move(each.handler));
        }
        znodes_.erase(at);
    }
    return handlers;
}

std::vector<std::shared_ptr<contender_owner>> contenders::take_all()
{
    std::vector<std::shared_ptr<contender_owner>> all;
    znodes_.clear();
    watched_.clear();
    freed_.clear();
    for (auto& [who, contender] : std::exchange(entries_, {}))
        all.push_back(std::move(contender.owner));
    return all;
}

} // namespace paddock::detail
