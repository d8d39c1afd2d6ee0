#include "local_cache.hpp"

#include <stdexcept>
#include <utility>

namespace cache_producer {

local_cache::local_cache(std::size_t entries_max, clock::duration age_max)
    : entries_max_(entries_max), age_max_(age_max)
{
    if (entries_max == 0)
        throw std::invalid_argument("entries_max: at least 1");
}

std::optional<cached_entry> local_cache::get(std::string_view id, clock::time_point now)
{
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end() || now - found->second->since > age_max_)
        return std::nullopt; // an old one stays: it still refuses older ones
    places_.splice(places_.begin(), places_, found->second);
    return found->second->entry;
}

void local_cache::put_if_newer(std::string_view id, cached_entry entry, clock::time_point now)
{
    const std::lock_guard lock(mutex_);
    if (const auto found = by_id_.find(id); found != by_id_.end()) {
        auto& here = *found->second;
        if (entry.stamp < here.entry.stamp)
            return;
        here.entry = std::move(entry);
        here.since = now;
        places_.splice(places_.begin(), places_, found->second);
        return;
    }
    places_.push_front({std::string(id), std::move(entry), now});
    by_id_.emplace(places_.front().id, places_.begin());
    if (places_.size() > entries_max_) {
        by_id_.erase(places_.back().id);
        places_.pop_back();
    }
}

std::size_t local_cache::size() const
{
    const std::lock_guard lock(mutex_);
    return places_.size();
}

} // namespace cache_producer
