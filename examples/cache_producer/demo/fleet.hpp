#pragma once

#include "demo/child_process.hpp"
#include "redis.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <sys/types.h>

namespace cache_producer {

struct fleet_config {
    std::filesystem::path program;
    std::filesystem::path folder; ///< of logs, the store and the section log
    std::string hosts;
    std::string lock_root;
    std::chrono::milliseconds session_timeout{4'000};
    redis_address redis;
    bool locking{true};
    bool fencing{true};
    unsigned workers{8};
};

/// The producer processes.
///
/// Threads: one, the one that lasts longest (see `child_process`).
class fleet {
public:
    explicit fleet(fleet_config config);

    /// Starts instances; returns when all that were started take events.
    /// Errors: `std::runtime_error`.
    void start(int count, const std::stop_token& stop);

    /// Sends a signal to one of ours; its end is not waited for.
    void send(const std::string& name, int signal);

    /// Forgets an instance that was killed, once it has ended.
    void forget(const std::string& name);

    /// Ends them in order: each finishes what it is doing and closes its session.
    /// Errors: `std::runtime_error`, naming one that did not end well.
    void stop_all();

private:
    void require_running(bool in_time);
    child_options options_of(const std::string& name) const;

    const fleet_config config_;
    std::map<std::string, child_process> members_;
    int started_{0};
};

} // namespace cache_producer
