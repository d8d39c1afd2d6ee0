#pragma once

#include "demo/child_process.hpp"
#include "redis.hpp"

#include <filesystem>
#include <optional>

namespace cache_producer {

/// A Redis server of our own, on a free loopback port, without persistence, in its own folder.
class redis_server {
public:
    /// Starts it and waits until it answers. Errors: `std::runtime_error`.
    explicit redis_server(const std::filesystem::path& folder);

    const redis_address& address() const noexcept { return address_; }

private:
    bool start_on_free_port(const std::filesystem::path& folder);

    redis_address address_;
    std::optional<child_process> process_;
};

} // namespace cache_producer
