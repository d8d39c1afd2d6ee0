#include "src/grant.hpp"

#include "src/session_core.hpp"
#include "src/tenure.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace paddock::detail {
namespace {

// Of all grants' signals: each is made once and used once, and a mutex for each would be a good
// part of what a hold takes.
std::mutex signal_guard;

} // namespace

grant::grant(std::shared_ptr<tenure> of, paddock::token number, time_point expires)
    : tenure_(std::move(of)), token_(number), expires_(expires)
{
    ++core()->counters.grants;
    ++core()->counters.holds;
}

const std::string& grant::key() const noexcept
{
    return tenure_->who().key;
}

const std::string& grant::path() const noexcept
{
    return tenure_->path();
}

const std::shared_ptr<session_core>& grant::core() const noexcept
{
    return tenure_->core();
}

bool grant::believed() const noexcept
{
    const auto at = core()->io().now(); // before the deadline is read, which may move meanwhile
    return now() == phase::held && at < std::min(tenure_->deadline(), expires_);
}

// Who was told that it is over must never hear otherwise, so the first look past the end settles
// it, also where evidence has been taken in just before that and the session believes on.
bool grant::held() noexcept
{
    if (believed())
        return true;
    auto expected = phase::held;
    if (phase_.compare_exchange_strong(expected, phase::lapsed))
        core()->io().post([self = shared_from_this()] { self->core()->end_lapsed(self); });
    return false;
}

time_point grant::valid_until() noexcept
{
    return held() ? std::min(tenure_->deadline(), expires_) : time_point::min();
}

bool grant::release(std::function<void(error_code)> gone)
{
    const bool was_held = held();
    if (!end_as(phase::released)) {
        if (gone)
            core()->io().post([gone = std::move(gone)] { gone(errc::hold_lost); });
        return false;
    }
    const auto then = tenure_->leave(was_held);
    if (then == tenure::after_hold::kept && !gone && last_waiter_ == 0)
        return true; // nobody has to hear of it
    core()->io().post(
        [self = shared_from_this(), then, was_held, gone = std::move(gone)]() mutable {
            self->tell_waiters({});
            const auto& of = self->of();
            if (then == tenure::after_hold::over)
                return self->core()->end_tenure(of, was_held, std::move(gone));
            if (then == tenure::after_hold::passing)
                return of->when_passed(of, gone);
            if (then == tenure::after_hold::kept_first)
                self->core()->watch_age(of);
            if (gone)
                gone({});
        });
    return was_held;
}

bool grant::lose()
{
    if (!end_as(phase::lost))
        return false;
    const std::lock_guard lock(signal_guard);
    if (signal_.stop_possible())
        core()->io().signal([source = signal_]() mutable { source.request_stop(); });
    return true;
}

bool grant::end_as(phase which) noexcept
{
    auto before = now();
    while (before == phase::held || before == phase::lapsed) {
        if (!phase_.compare_exchange_weak(before, which))
            continue;
        --core()->counters.holds;
        return true;
    }
    return false;
}

std::stop_token grant::lost_token()
{
    const std::lock_guard lock(signal_guard);
    if (!signal_.stop_possible()) {
        signal_ = std::stop_source();
        if (now() == phase::lost)
            signal_.request_stop(); // nobody has a callback on it yet
    }
    return signal_.get_token();
}

std::uint64_t grant::prepare(waiter& handler)
{
    const auto id = ++last_waiter_;
    handler.on_cancel(core()->shared_io(), [self = weak_from_this(), id](asio::cancellation_type) {
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
    waiters_.emplace_back(id, std::move(handler));
}

void grant::give_up_waiting(std::uint64_t id)
{
    const auto found = std::find_if(
        waiters_.begin(), waiters_.end(), [id](const auto& each) { return each.first == id; });
    if (found == waiters_.end())
        return;
    auto given_up = std::move(found->second);
    waiters_.erase(found);
    std::move(given_up)(asio::error::operation_aborted);
}

void grant::tell_waiters(error_code outcome)
{
    for (auto& [id, waiting] : std::exchange(waiters_, {}))
        std::move(waiting)(outcome);
}

} // namespace paddock::detail
