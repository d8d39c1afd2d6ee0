#pragma once

#include "src/completion.hpp"
#include "src/runtime.hpp"
#include <paddock/error.hpp>
#include <paddock/token.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace paddock::detail {

class session_core;

/// The belief deadline of one epoch, written on the I/O thread and read by every `held()`.
class epoch_belief {
public:
    time_point deadline() const noexcept
    {
        return time_point(nanoseconds(nanoseconds_.load(std::memory_order_acquire)));
    }
    void set(time_point deadline) noexcept
    {
        nanoseconds_.store(deadline.time_since_epoch().count(), std::memory_order_release);
    }

private:
    std::atomic<std::int64_t> nanoseconds_{0};
};

/// What a hold refers to.
///
/// *held* -> *released*, by the user; or -> *lapsed*, seen past its deadline by `held()`, which the
/// I/O thread is about to hear; or -> *lost*. Nothing leads back to *held*: evidence that comes
/// after the deadline must not revive what somebody was told is gone.
class grant : public std::enable_shared_from_this<grant> {
public:
    enum class phase { held, lapsed, released, lost };

    struct identity {
        std::string key;
        std::string parent;
        std::string name;
        std::uint64_t epoch{0};
        paddock::token token;
        time_point expires{time_point::max()}; ///< from `max_hold`
    };

    grant(std::shared_ptr<session_core> core,
          std::shared_ptr<const epoch_belief> belief,
          identity who);

    // Any thread.
    bool held() noexcept;
    /// As `held()`, for observers: being looked at changes nothing.
    bool believed() const noexcept;
    time_point valid_until() noexcept;
    /// Ends it for the user; says whether it was held. The znode is deleted in the background;
    /// `gone` runs on the I/O thread when that is confirmed, at once if there was nothing to end.
    bool release(std::function<void(error_code)> gone);
    const identity& who() const noexcept { return who_; }
    const std::string& path() const noexcept { return path_; }
    const std::stop_source& lost_source() const noexcept { return lost_; }
    const std::shared_ptr<session_core>& core() const noexcept { return core_; }

    using waiter = completion<void(error_code)>;
    /// As `status_board::prepare`.
    std::uint64_t prepare(waiter& handler);

    // The I/O thread only.
    /// Marks it lost, unless it was released; says whether it was marked now.
    bool lose();
    /// Tells those who wait for its end.
    void tell_waiters(error_code outcome);
    /// Completes the waiter when the hold is lost or released.
    void wait(std::uint64_t id, waiter handler);
    phase now() const noexcept { return phase_.load(std::memory_order_acquire); }

    std::uint64_t contender_id{0};
    runtime::timer_id expiry_timer{0};

private:
    void give_up_waiting(std::uint64_t id);

    const std::shared_ptr<session_core> core_;
    const std::shared_ptr<const epoch_belief> belief_;
    const identity who_;
    const std::string path_;
    std::stop_source lost_;
    std::atomic<phase> phase_{phase::held};
    std::map<std::uint64_t, waiter> waiters_;
    std::atomic<std::uint64_t> last_waiter_{0};
};

} // namespace paddock::detail
