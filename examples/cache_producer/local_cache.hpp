#pragma once

#include "product_cache.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cache_producer {

/// The entries this instance used last, bounded in number and in age.
///
/// The age bounds how long this instance can answer with what another one has replaced.
/// Threads: any, all members.
class local_cache {
public:
    using clock = std::chrono::steady_clock;

    /// Limits: `entries_max` at least 1.
    local_cache(std::size_t entries_max, clock::duration age_max);

    /// The entry, if it is here and young enough; it is the one used last now.
    std::optional<cached_entry> get(std::string_view id, clock::time_point now);

    /// Keeps the entry, unless a newer one is here; drops the one that was not used for longest.
    void put_if_newer(std::string_view id, cached_entry entry, clock::time_point now);

    std::size_t size() const;

private:
    struct place {
        std::string id;
        cached_entry entry;
        clock::time_point since;
    };
    using places = std::list<place>; // the one used last in front

    const std::size_t entries_max_;
    const clock::duration age_max_;
    mutable std::mutex mutex_;
    places places_;
    std::unordered_map<std::string_view, places::iterator> by_id_; // views into places_
};

} // namespace cache_producer
