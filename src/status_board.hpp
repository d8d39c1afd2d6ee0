#pragma once

#include "src/completion.hpp"
#include <paddock/session.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace paddock::detail {

/// The latest status of a session and those who wait for a newer one.
///
/// It keeps one value, not a queue of events: a subscriber that is slow finds the latest, never an
/// overflow.
class status_board : public std::enable_shared_from_this<status_board> {
public:
    using waiter = completion<void(error_code, session_status)>;

    status_board() { status_.version = 1; } // newer than what a new subscriber has seen

    // Any thread.
    session_status read() const;
    /// Blocks until the session is connected or closed, at most `limit`; says whether connected.
    bool wait_connected(std::chrono::milliseconds limit) const;
    /// Lets the user cancel a wait that is posted to the I/O thread after this; gives its id. Done
    /// where the user is, so that a cancellation that comes at once finds the wait in its place.
    std::uint64_t prepare(const std::shared_ptr<runtime>& io, waiter& handler);

    // The I/O thread only.
    void change(const std::function<void(session_status&)>& edit);
    void wait(std::uint64_t id, std::uint64_t seen, waiter handler);

private:
    void give_up_waiting(std::uint64_t id);

    mutable std::mutex mutex_; ///< held for copies only, never while user code runs
    mutable std::condition_variable changed_;
    session_status status_;
    std::map<std::uint64_t, waiter> waiters_;
    std::atomic<std::uint64_t> last_waiter_{0};
};

} // namespace paddock::detail
