#include "src/grant.hpp"

#include "src/session_core.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace paddock::detail {

grant::grant(std::shared_ptr<session_core> core,
             std::shared_ptr<const epoch_belief> belief,
             identity who)
    : core_(std::move(core)), belief_(std::move(belief)), who_(std::move(who)),
      path_(who_.parent + "/" + who_.name)
{
}

bool grant::believed() const noexcept
{
    const auto at = core_->io().now(); // before the deadline is read, which may move meanwhile
    return now() == phase::held && at < std::min(belief_->deadline(), who_.expires);
}

// Who was told that it is over must never hear otherwise, so the first look past the end settles
// it, also where evidence has been taken in just before that and the session believes on.
bool grant::held() noexcept
{
    if (believed())
        return true;
    auto expected = phase::held;
    if (phase_.compare_exchange_strong(expected, phase::lapsed, std::memory_order_acq_rel))
        core_->io().post([self = shared_from_this()] { self->core_->end_lapsed(self); });
    return false;
}

time_point grant::valid_until() noexcept
{
    return held() ? std::min(belief_->deadline(), who_.expires) : time_point::min();
}

bool grant::release(std::function<void(error_code)> gone)
{
    const bool was_held = held();
    auto before = now();
    while (before == phase::held || before == phase::lapsed) {
        if (phase_.compare_exchange_weak(before, phase::released, std::memory_order_acq_rel))
            break;
    }
    const bool ended_now = before == phase::held || before == phase::lapsed;
    if (!ended_now && !gone)
        return false;
    core_->io().post([self = shared_from_this(), ended_now, was_held, gone = std::move(gone)] {
        self->core_->end_grant(self, ended_now, was_held, gone);
    });
    return ended_now && was_held;
}

bool grant::lose()
{
    auto before = now();
    while (before == phase::held || before == phase::lapsed) {
        if (phase_.compare_exchange_weak(before, phase::lost, std::memory_order_acq_rel)) {
            core_->io().signal([source = lost_]() mutable { source.request_stop(); });
            return true;
        }
    }
    return false;
}

std::uint64_t grant::prepare(waiter& handler)
{
    const auto id = ++last_waiter_;
    handler.on_cancel(core_->shared_io(), [self = weak_from_this(), id](asio::cancellation_type) {
        if (auto live = self.lock())
            live->give_up_waiting(id);
    });
    return id;
}

void grant::wait(std::uint64_t id, waiter handler)
{
    const auto at = now();
    if (at == phase::released || at == phase::lost) {
        std::move(handler)(at == phase::lost ? make_error_code(errc::hold_lost) : error_code());
        return;
    }
    waiters_.emplace(id, std::move(handler));
}

void grant::give_up_waiting(std::uint64_t id)
{
    auto node = waiters_.extract(id);
    if (!node.empty())
        std::move(node.mapped())(asio::error::operation_aborted);
}

void grant::tell_waiters(error_code outcome)
{
    while (!waiters_.empty()) {
        auto node = waiters_.extract(waiters_.begin());
        std::move(node.mapped())(outcome);
    }
}

} // namespace paddock::detail
