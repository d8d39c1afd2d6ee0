#include "test/simulation/server_watches.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {

void server_watches::add(path_id path, watch_kind kind, client_link& whose)
{
    const auto what = target_of(path, kind);
    auto& watchers = watchers_[what];
    if (std::find(watchers.begin(), watchers.end(), &whose) != watchers.end())
        return;
    watchers.push_back(&whose);
    whose.watched.push_back(what);
}

void server_watches::remove(path_id path, watch_kind kind, client_link& whose)
{
    const auto what = target_of(path, kind);
    std::erase(whose.watched, what);
    forget(what, whose);
}

void server_watches::forget(target what, client_link& whose)
{
    const auto found = watchers_.find(what);
    if (found == watchers_.end())
        return;
    std::erase(found->second, &whose);
    if (found->second.empty())
        watchers_.erase(found);
}

void server_watches::remove_all(client_link& whose)
{
    for (const auto what : std::exchange(whose.watched, {}))
        forget(what, whose);
}

std::vector<client_link*> server_watches::take(path_id path, watch_kind kind)
{
    if (watchers_.empty())
        return {};
    const auto what = target_of(path, kind);
    const auto found = watchers_.find(what);
    if (found == watchers_.end())
        return {};
    auto watchers = std::move(found->second);
    watchers_.erase(found);
    for (auto* const watcher : watchers)
        std::erase(watcher->watched, what);
    return watchers;
}

std::size_t server_watches::count() const
{
    std::size_t sum = 0;
    for (const auto& [path, watchers] : watchers_)
        sum += watchers.size();
    return sum;
}

} // namespace paddock::simulation
