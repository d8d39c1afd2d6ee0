#include "src/watch_table.hpp"

#include <utility>

namespace paddock::detail {

bool watch_table::fits(const std::string& path, std::size_t most) const
{
    return watchers_.contains(path) || retiring_.contains(path) || bytes_ + cost(path) <= most;
}

watch_table::id watch_table::add(const std::string& path, fired handler)
{
    auto& at = *watchers_.try_emplace(path).first;
    if (at.second.empty() && retiring_.erase(path) == 0)
        bytes_ += cost(path);
    const auto watch = ++last_;
    at.second.push_back({watch, std::move(handler)});
    paths_.emplace(watch, &at);
    return watch;
}

std::string watch_table::remove(id watch)
{
    const auto node = paths_.extract(watch);
    if (node.empty())
        return {};
    auto& [path, watchers] = *node.mapped();
    std::erase_if(watchers, [&](const watcher& each) { return each.number == watch; });
    if (!watchers.empty())
        return {};
    auto left = path;
    watchers_.erase(watchers_.find(left));
    retiring_.insert(left);
    return left;
}

void watch_table::retired(const std::string& path)
{
    if (retiring_.erase(path) != 0)
        bytes_ -= cost(path);
}

std::vector<watch_table::fired> watch_table::take(const std::string& path)
{
    std::vector<fired> handlers;
    retired(path);
    auto node = watchers_.extract(path);
    if (node.empty())
        return handlers;
    bytes_ -= cost(path);
    for (auto& [watch, handler] : node.mapped()) {
        paths_.erase(watch);
        handlers.push_back(std::move(handler));
    }
    return handlers;
}

void watch_table::clear()
{
    watchers_.clear();
    paths_.clear();
    retiring_.clear();
    bytes_ = 0;
}

std::size_t watch_table::cost(const std::string& path)
{
    constexpr std::size_t length_field = 4; // jute writes a string's length before it
    return path.size() + length_field;
}

} // namespace paddock::detail
