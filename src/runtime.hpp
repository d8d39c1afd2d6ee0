#pragma once

// What the session and the recipes need of the world: time, chance, a thread to run on, and
// ZooKeeper clients. The I/O thread implements it; a simulation may, in virtual time.

#include "src/zk_client.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace paddock::detail {

class runtime {
public:
    using task = std::function<void()>;
    using timer_id = std::uint64_t; ///< never 0
    using resolved = std::function<void(std::vector<endpoint>)>;

    virtual ~runtime() = default;

    /// Threads: any.
    virtual time_point now() const noexcept = 0;
    /// Runs a task on the I/O thread, never inside this call. Threads: any.
    virtual void post(task work) = 0;
    /// Whether the caller is on the I/O thread. Threads: any.
    virtual bool inside() const noexcept = 0;
    /// Runs a task that calls user code (a stop callback) outside the I/O thread. Threads: any.
    virtual void signal(task work) = 0;

    // The rest on the I/O thread only.

    /// Runs a task on the I/O thread once `when` has passed.
    virtual timer_id call_at(time_point when, task work) = 0;
    /// Forgets a timer; one that has run or was forgotten is allowed.
    virtual void cancel(timer_id timer) = 0;
    virtual std::uint64_t random() = 0;
    /// Looks host names up without blocking; none found: an empty list. Numeric ones at once.
    virtual void resolve(std::vector<endpoint> hosts, resolved handler) = 0;
    /// Makes a client, which starts connecting; `events` must outlive its close.
    virtual std::shared_ptr<zk_client> make_client(client_config config, zk_events& events) = 0;
    /// Keeps the process from exiting, for a bounded time, until it is given back.
    virtual std::shared_ptr<void> closing_guard() = 0;
};

} // namespace paddock::detail
