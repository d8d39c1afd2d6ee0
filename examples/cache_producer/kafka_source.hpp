#pragma once

#include "message_source.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

struct rd_kafka_s;
struct rd_kafka_message_s;

namespace cache_producer {

/// The offsets of one partition that are being worked on.
///
/// Kafka knows one committed offset for a partition: "all before it is done". Workers finish in any
/// order, so what may be committed is the offset of the oldest message that is not done.
class offset_tracker {
public:
    void start(std::int64_t offset);

    /// The offset to commit now; empty if nothing can be committed that was not before.
    std::optional<std::int64_t> finish(std::int64_t offset);

    std::size_t size() const { return open_.size(); }

private:
    std::set<std::int64_t> open_;
    std::int64_t next_{0};       ///< behind the last started one
    std::int64_t committed_{-1}; ///< -1: nothing was started yet
};

struct kafka_config {
    std::string brokers;
    std::string topic{"changes"};
    std::string group{"producers"};

    /// How long the group keeps the partitions of an instance it does not hear from.
    ///
    /// Limits: those of the brokers, `group.min.session.timeout.ms` (6 s) and `...max...` (30 min).
    std::chrono::milliseconds session_timeout{10'000};

    /// When a message that failed is delivered again, here, if this instance lives.
    std::chrono::milliseconds retry_after{4'000};

    /// Messages received and not done, failed ones included; past it nothing new is received, so
    /// that a message that fails for long does not make this instance hoard the topic.
    std::size_t open_max{1'000};
};

/// Messages of a Kafka topic, read as one member of a consumer group, through librdkafka.
///
/// Differences from Redis Streams: a partition belongs to one living instance, so a message of a
/// dead one comes with its whole partition, when the group is rebalanced; and how often a message
/// was delivered is known to this instance alone, so that it begins anew with another owner.
/// Dead letters go to the topic's name followed by `-dead`.
/// Source: https://github.com/confluentinc/librdkafka/blob/master/INTRODUCTION.md.
class kafka_source : public message_source {
public:
    /// Errors: `std::runtime_error`, for a bad configuration; brokers are reached later.
    explicit kafka_source(kafka_config config);
    ~kafka_source() override;

    std::optional<message> receive(std::chrono::milliseconds wait) override;
    void acknowledge(const message& done) override;
    void retry_later(const message& failed) override;
    void dead_letter(const message& failed, std::string_view reason) override;

private:
    using clock = std::chrono::steady_clock;

    struct closer {
        void operator()(rd_kafka_s* handle) const noexcept;
    };
    struct retry {
        clock::time_point due;
        message what;
    };

    struct callbacks;
    void forget_open_messages();
    std::optional<message> due_retry();
    bool is_full();
    message started(const rd_kafka_message_s& received);
    void commit(std::int32_t partition, std::int64_t offset);
    void produce_dead_letter(const message& failed, std::string_view reason);

    const kafka_config config_;

    std::mutex state_; // guards the next three
    std::map<std::int32_t, offset_tracker> open_;
    std::deque<retry> retries_; // the earliest in front: all wait equally long
    std::uint64_t assignment_{0};

    std::mutex polling_; // taken before state_
    std::unique_ptr<rd_kafka_s, closer> consumer_;
    std::unique_ptr<rd_kafka_s, closer> dead_letters_;
};

} // namespace cache_producer
