#include "test/simulation/server_watches.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {

void server_watches::add(path_id path, client_link& whose)
{
    auto& watchers = watchers_[path];
    if (std::find(watchers.begin(), watchers.end(), &whose) != watchers.end())
        return;
    watchers.push_back(&whose);
    whose.watched.push_back(path);
}

void server_watches::remove(path_id path, client_link& whose)
{
    std::erase(whose.watched, path);
    const auto found = watchers_.find(path);
    if (found == watchers_.end())
        return;
    std::erase(found->second, &whose);
    if (found->second.empty())
        watchers_.erase(found);
}

void server_watches::remove_all(client_link& whose)
{
    for (const auto path : std::exchange(whose.watched, {}))
        remove(path, whose);
}

std::vector<client_link*> server_watches::take(path_id path)
{
    if (watchers_.empty())
        return {};
    const auto found = watchers_.find(path);
    if (found == watchers_.end())
        return {};
    auto watchers = std::move(found->second);
    watchers_.erase(found);
    for (auto* const watcher : watchers)
        std::erase(watcher->watched, path);
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
