#pragma once

#include "local_cache.hpp"
#include "message_source.hpp"
#include "product_cache.hpp"
#include "product_store.hpp"
#include "redis.hpp"
#include "section_log.hpp"
#include <paddock/keyed_mutex.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>

namespace cache_producer {

/// What became of one look at one product. The word is in the log with product and token.
enum class outcome {
    written,     ///< an event brought a newer row: local cache and Redis have it
    rebuilt,     ///< a read found nothing: local cache and Redis have the row again
    unchanged,   ///< what is cached is as new: a duplicate, or an event that came late
    stale,       ///< the same, but it was the script that saw it
    fenced,      ///< refused: somebody has taken the lock since
    lost,        ///< the lock was lost before the write; nothing was written
    busy,        ///< the lock was not free within the lock wait
    unreachable, ///< no lock: the ensemble did not answer in time, or the session ended
    unknown,     ///< the store has no such product
    failed,      ///< Redis or the store did not answer
};

inline constexpr std::array outcome_names{"written",
                                          "rebuilt",
                                          "unchanged",
                                          "stale",
                                          "fenced",
                                          "lost",
                                          "busy",
                                          "unreachable",
                                          "unknown",
                                          "failed"};

constexpr std::string_view to_string(outcome value) noexcept
{
    return outcome_names[static_cast<std::size_t>(value)];
}

struct producer_config {
    std::string name;
    redis_address redis;
    std::filesystem::path store;
    std::filesystem::path section_log;

    // What the demonstration switches off, to show what it is good for.
    bool locking{true};
    bool fencing{true};
    bool pause_points{false};

    /// How long a message waits for the lock of its product. It is ample for a queue of working
    /// instances and too short for the end of a dead one's session: then the worker tries again.
    std::chrono::milliseconds lock_wait{2'000};

    /// Tries in a row, then the message is left for a later delivery.
    unsigned attempts_max{4};
    std::chrono::milliseconds backoff_first{50};
    std::chrono::milliseconds backoff_most{1'000};

    /// Deliveries, then the message goes to the dead letters. With `claim_after` of the source this
    /// spans more than any outage that is expected to pass by itself.
    unsigned deliveries_max{6};

    /// Up to so long a row takes to come, at random, on top of what SQLite takes: a store is
    /// normally a network away, and races need time to happen in.
    std::chrono::microseconds fetch_time_max{3'000};

    std::size_t local_entries_max{200};
    std::chrono::milliseconds local_age_max{1'000};
};

/// What all workers of one instance share. Threads: any.
struct producer_shared {
    explicit producer_shared(producer_config settings)
        : config(std::move(settings)), log(config.section_log),
          local(config.local_entries_max, config.local_age_max)
    {
    }

    const producer_config config;
    section_log log;
    local_cache local;
    std::optional<paddock::keyed_mutex> products; ///< empty when locking is switched off
    std::atomic<std::uint64_t> sections{0};
    std::array<std::atomic<std::uint64_t>, outcome_names.size()> outcomes{};
};

/// One worker of a cache producer: it has its own connections and does one thing at a time.
///
/// Threads: one. Lifetime: within that of `shared`.
class producer {
public:
    explicit producer(producer_shared& shared);

    /// Active update: brings the cache up to date for one change event.
    void handle(const message& event, message_source& source, const std::stop_token& stop);

    /// A read: from the local cache, else from Redis, else by a passive rebuild.
    std::optional<cached_entry> get(const std::string& id);

    /// Puts the product's newest row into the caches, under the lock of its id. Both paths end
    /// here, which is what keeps a slow rebuild from overwriting a fresh update.
    ///
    /// `success` is the word for a row that was written. Every outcome is counted.
    outcome refresh(const std::string& id, outcome success);

private:
    class critical_section;

    outcome lock_and_refresh(const std::string& id, outcome success);
    outcome refresh_locked(critical_section& inside, const std::string& id);
    outcome write(critical_section& inside, const product_row& row);
    std::optional<product_row> fetch(const std::string& id);
    void keep_local(const std::string& id, cached_entry entry);
    double random_share();

    producer_shared& shared_;
    product_store store_;
    product_cache cache_;
    redis_connection pauses_;
    std::minstd_rand random_;
};

} // namespace cache_producer
