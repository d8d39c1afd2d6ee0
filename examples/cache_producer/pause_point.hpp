#pragma once

#include "redis.hpp"
#include <paddock/token.hpp>

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace cache_producer {

/// An instance that waits inside a critical section for the demo to do something to it.
struct paused_section {
    std::string instance;
    pid_t pid{0};
    paddock::token held;
};

// The demo must kill and stop an instance at the one point where it hurts: it holds the lock, has
// read the row and decided to write, and has not written. So the demo arms a product, and the first
// instance that comes to that point says so and waits to be told to go on. A service has none of
// this.

// The demo's side. Each waits for at most `limit`, and less if `stop` is requested.
void arm_pause(redis_connection& redis, std::string_view product);
std::optional<paused_section> wait_paused(redis_connection& redis,
                                          std::string_view product,
                                          std::chrono::seconds limit,
                                          const std::stop_token& stop);
void resume_paused(redis_connection& redis, std::string_view product);
/// What became of the write that was paused.
std::optional<std::string> wait_resumed(redis_connection& redis,
                                        std::string_view product,
                                        std::chrono::seconds limit,
                                        const std::stop_token& stop);

// The producer's side.
/// Waits here if the product is armed; says whether it did.
bool pause_if_armed(redis_connection& redis, std::string_view product, const paused_section& self);
void report_resumed(redis_connection& redis, std::string_view product, std::string_view became);

} // namespace cache_producer
