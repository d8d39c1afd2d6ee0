#pragma once

#include "product.hpp"
#include "redis.hpp"
#include <paddock/token.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace cache_producer {

/// A product as Redis holds it.
struct cached_entry {
    std::string stamp; ///< `stamp_of` the row it was made from
    std::string payload;

    bool operator==(const cached_entry&) const = default;
};

enum class verdict {
    written,
    stale,  ///< refused: what is cached is as new or newer
    fenced, ///< refused: a holder with a higher token has been here
};

std::string_view to_string(verdict value) noexcept;

/// What a holder of a product's lock finds in the cache.
struct locked_read {
    bool fenced{false}; ///< a holder with a higher token has been here: leave
    std::optional<cached_entry> entry;
};

/// The shared cache in Redis, which defends itself against holders that lost their lock.
///
/// Beside each entry, `product:{ID}`, it keeps the highest token that has read or written under the
/// lock, `fence:{ID}`. The entry may be evicted and the fence may not: without it a late writer
/// would fill an empty place with an old row, and no version would be there to stop it. So Redis
/// must not evict by memory pressure (`maxmemory-policy noeviction`, or `volatile-*` with a
/// time-to-live on the entries alone).
/// Threads: one at a time.
/// Errors: `redis_error`, all members.
class product_cache {
public:
    /// What every accepted or refused write is recorded in, in the order Redis executed them.
    static constexpr auto write_log = "audit:writes";

    product_cache(redis_address address, std::string instance);

    /// The entry, for readers, who need no lock.
    std::optional<cached_entry> peek(std::string_view id);

    /// The entry, for a holder of the product's lock; from here on lower tokens are refused.
    locked_read read_locked(std::string_view id, paddock::token held);

    /// Writes the row, unless what is cached is as new, or a holder with a higher token was here.
    ///
    /// One script decides and writes, so nothing can come between.
    verdict write_if_newer(const product_row& row, paddock::token held);

    /// Writes the row whatever is there: what a cache without fencing does. For the demonstration
    /// that this loses data.
    void write_blindly(const product_row& row, paddock::token held);

    /// Drops the entry and keeps the fence, as an eviction does.
    void evict(std::string_view id);

private:
    redis_value run(std::string& sha, std::string_view script, redis_words keys_and_arguments);

    redis_connection redis_;
    std::string instance_;
    std::string read_sha_;
    std::string write_sha_;
    std::string write_blindly_sha_;
};

} // namespace cache_producer
