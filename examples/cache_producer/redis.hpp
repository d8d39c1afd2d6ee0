#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct redisContext;

namespace cache_producer {

struct redis_address {
    std::string host{"127.0.0.1"};
    int port{6379};
};

/// Errors: `std::invalid_argument`, if `text` is not `host:port`.
redis_address redis_address_from(std::string_view text);
std::string to_string(const redis_address& address);

/// Redis could not be reached, or it refused a command.
class redis_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One answer of Redis: nothing, a text, a number, or a list of answers.
struct redis_value {
    bool nil{false};
    std::string text;
    std::int64_t number{0};
    std::vector<redis_value> items;

    /// The value after `name` in a flat list of names and values, as XINFO gives; nil without it.
    const redis_value& field(std::string_view name) const;
};

using redis_words = std::vector<std::string>;

/// A connection to Redis, a thin owner of hiredis' context.
///
/// It connects when it is first used, and again after a failure; a failed command is reported and
/// never sent twice.
/// Threads: one at a time.
class redis_connection {
public:
    explicit redis_connection(redis_address address);

    /// Sends one command and waits for its answer. Errors: `redis_error`.
    redis_value command(const redis_words& words);

    /// Sends all commands at once and waits for all answers: one round trip.
    ///
    /// Errors: `redis_error`, the first refusal, after all answers have been read.
    std::vector<redis_value> pipeline(const std::vector<redis_words>& commands);

private:
    struct closer {
        void operator()(redisContext* context) const noexcept;
    };

    void connect();
    redis_value read_answer(std::string& refusal);
    [[noreturn]] void fail();

    redis_address address_;
    std::unique_ptr<redisContext, closer> context_;
};

} // namespace cache_producer
