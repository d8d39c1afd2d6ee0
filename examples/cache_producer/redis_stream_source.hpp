#pragma once

#include "message_source.hpp"
#include "redis.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

namespace cache_producer {

struct redis_stream_config {
    redis_address redis;
    std::string stream{"changes"};
    std::string group{"producers"};
    std::string consumer; ///< this instance; unique among the living ones

    /// How long a message stays with a consumer that does not acknowledge it. It is longer than a
    /// message normally takes, lock wait included: a claim from a living consumer costs double work
    /// (and nothing worse, because of the lock).
    std::chrono::milliseconds claim_after{4'000};

    /// How many messages one read takes. More would be handed over late when this instance dies.
    std::size_t batch{8};
};

/// Messages of a Redis stream, read as one consumer of a group.
///
/// Messages of consumers that died, stopped or failed are claimed once they have been idle for
/// `claim_after`. Dead letters go to the stream's name followed by `:dead`.
/// Source: https://redis.io/docs/latest/develop/data-types/streams/.
class redis_stream_source : public message_source {
public:
    /// Makes the stream and the group if they are missing.
    explicit redis_stream_source(redis_stream_config config);

    std::optional<message> receive(std::chrono::milliseconds wait) override;
    void acknowledge(const message& done) override;
    void retry_later(const message& failed) override;
    void dead_letter(const message& failed, std::string_view reason) override;

private:
    void read_new(std::chrono::milliseconds wait);
    void claim_idle();
    void count_deliveries(std::deque<message>& claimed);

    const redis_stream_config config_;

    std::mutex reading_; // guards the next five
    redis_connection reader_;
    std::deque<message> ready_;
    std::string claim_cursor_{"0-0"};
    std::chrono::steady_clock::time_point next_claim_{};

    std::mutex writing_; // so that an acknowledgement need not wait for a blocking read
    redis_connection writer_;
};

} // namespace cache_producer
