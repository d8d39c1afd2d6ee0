#pragma once

#include "src/completion.hpp"
#include "src/runtime.hpp"
#include <paddock/error.hpp>
#include <paddock/token.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace paddock::detail {

class session_core;
class tenure;

/// What a hold refers to.
///
/// *held* -> *released*, by the user; or -> *lapsed*, seen past its deadline by `held()`, which the
/// I/O thread is about to hear; or -> *lost*. Nothing leads back to *held*: evidence that comes
/// after the deadline must not revive what somebody was told is gone.
class grant : public std::enable_shared_from_this<grant> {
public:
    enum class phase { held, lapsed, released, lost };

    /// `expires`: the end of time if the lock has no `max_hold`.
    grant(std::shared_ptr<tenure> of, paddock::token number, time_point expires);

    // Any thread.
    bool held() noexcept;
    /// As `held()`, for observers: being looked at changes nothing.
    bool believed() const noexcept;
    time_point valid_until() noexcept;
    /// Ends it for the user; says whether it was held. Its znode is kept, if it is retained, or
    /// deleted in the background; `gone` runs on the I/O thread when the one or the other is
    /// settled, at once if there was nothing to end.
    bool release(std::function<void(error_code)> gone);
    paddock::token token() const noexcept { return token_; }
    time_point expires() const noexcept { return expires_; }
    const std::string& key() const noexcept;
    const std::string& path() const noexcept;
    /// Stops when it is lost. Made when somebody first asks: most holds are never asked.
    std::stop_token lost_token();
    const std::shared_ptr<tenure>& of() const noexcept { return tenure_; }
    const std::shared_ptr<session_core>& core() const noexcept;

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
    phase now() const noexcept { return phase_.load(); }

private:
    bool end_as(phase which) noexcept;
    void give_up_waiting(std::uint64_t id);

    const std::shared_ptr<tenure> tenure_;
    const paddock::token token_;
    const time_point expires_;
    std::atomic<phase> phase_{phase::held};
    std::stop_source signal_{std::nostopstate};
    std::list<std::pair<std::uint64_t, waiter>> waiters_;
    std::atomic<std::uint64_t> last_waiter_{0};
};

} // namespace paddock::detail
