#pragma once

#include "product.hpp"
#include "product_cache.hpp"
#include "product_store.hpp"
#include "redis.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

namespace cache_producer {

struct traffic_config {
    std::size_t changes{20'000};
    std::size_t products{500};
    std::uint64_t seed{1};
};

/// What the rest of the demo tells the traffic, and learns from it. Threads: any.
struct traffic_control {
    std::atomic<std::size_t> published{0};   ///< changes so far
    std::atomic<std::size_t> allowed{0};     ///< changes that may be published now
    std::atomic<unsigned> per_second_max{0}; ///< zero: as fast as they are taken
};

/// A change of a row, and the message that tells of it.
struct published_change {
    product_row row;
    std::string message_id;
};

struct traffic_counts {
    std::size_t events{0}; ///< messages, all kinds
    std::size_t duplicates{0};
    std::size_t unprocessable{0}; ///< of them, those that must end as dead letters
    std::size_t reads{0};
    std::size_t evictions{0};
};

/// The service that owns the products, and its customers: changes rows and publishes an event for
/// each change, some twice and most of them out of order; evicts cache entries; asks for products.
///
/// What it does, and in which order, depends on the seed alone; when, on how fast it is taken.
/// Threads: one.
class traffic {
public:
    traffic(traffic_config config, redis_address redis, const std::filesystem::path& store);

    /// Inserts the first version of every product.
    void create_products();

    /// Publishes all changes. Returns early if `stop` is requested.
    void run(traffic_control& control, const std::stop_token& stop);

    /// Changes one row and publishes one event, outside the plan; for the faults. Threads: use a
    /// traffic object of your own.
    published_change change_now(const std::string& id);

    /// Asks for every product whose entry is missing; says how many there are.
    std::size_t read_missing();

    const traffic_counts& counts() const noexcept { return counts_; }

private:
    void change_something(std::size_t number);
    void publish_some(std::size_t kept);
    void queue_unprocessable();
    void disturb(std::size_t number);
    void flush();
    std::size_t below(std::size_t limit);
    bool wait_for_turn(std::size_t number, traffic_control& control, const std::stop_token& stop);

    const traffic_config config_;
    redis_connection redis_;
    product_cache cache_;
    product_store store_;
    std::mt19937_64 random_;
    std::vector<product_row> rows_;
    std::vector<std::string> window_; ///< events that wait to be published in some other order
    std::vector<redis_words> batch_;
    traffic_counts counts_;
};

/// The products that the faults use. The planned traffic leaves them alone, so that nothing but the
/// fault decides what becomes of them.
std::string product_to_kill_in(const traffic_config& config);
std::string product_to_stop_in(const traffic_config& config);

/// How many messages the group has not been given yet, or was given and has not acknowledged.
struct backlog {
    std::size_t undelivered{0};
    std::size_t pending{0};
    std::size_t delivered{0}; ///< acknowledged or pending
};
backlog backlog_of(redis_connection& redis);

/// Whether a message has been delivered and acknowledged.
bool is_acknowledged(redis_connection& redis, const std::string& message_id);

} // namespace cache_producer
