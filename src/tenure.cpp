#include "src/tenure.hpp"

#include "src/hold_number.hpp"
#include "src/session_core.hpp"

#include <utility>

namespace paddock::detail {

tenure::tenure(std::shared_ptr<session_core> core,
               std::shared_ptr<const epoch_belief> belief,
               nanoseconds belief_least,
               identity who,
               terms how)
    : core_(std::move(core)), belief_(std::move(belief)), who_(std::move(who)), how_(how),
      belief_least_(belief_least)
{
}

std::shared_ptr<grant> tenure::begin()
{
    const std::lock_guard lock(guard_);
    return next_grant(core_->io().now());
}

// The clock is read before the deadline, which may move meanwhile; and whoever moves it past a time
// at which nothing was believed has ended us before, under this mutex.
std::shared_ptr<grant> tenure::take_again()
{
    const std::lock_guard lock(guard_);
    if (state_ != state::kept)
        return nullptr;
    const auto now = core_->io().now();
    if (belief_->deadline() - now < belief_least_)
        return nullptr;
    auto next = next_grant(now);
    change(state::held);
    ++core_->counters.retaken;
    return next;
}

bool tenure::is_held() const
{
    const std::lock_guard lock(guard_);
    return present_ && present_->believed();
}

bool tenure::is_in_use() const
{
    const std::lock_guard lock(guard_);
    return state_ == state::held || state_ == state::passing;
}

tenure::after_hold tenure::leave(bool may_be_kept)
{
    const std::lock_guard lock(guard_);
    if (state_ == state::over)
        return after_hold::over;
    present_.reset();
    if (!may_be_kept || !has_heirs_)
        return put_down(may_be_kept);
    if (passes_left_ == 0 || turn_ >= turns_max)
        return put_down(false); // the ensemble's queue has its turn
    --passes_left_;
    change(state::passing);
    return after_hold::passing;
}

tenure::after_hold tenure::put_down(bool may_be_kept)
{
    const bool keep =
        may_be_kept && how_.retain_for.count() != 0 && !wanted_elsewhere_ && turn_ < turns_max;
    change(keep ? state::kept : state::over);
    if (!keep)
        return after_hold::over;
    kept_since_ = core_->io().now();
    return std::exchange(ages_, true) ? after_hold::kept : after_hold::kept_first;
}

void tenure::serve_line(unsigned passes_most, bool has_heirs)
{
    const std::lock_guard lock(guard_);
    passes_left_ = passes_most;
    has_heirs_ = has_heirs;
}

bool tenure::expect_heir()
{
    const std::lock_guard lock(guard_);
    if (state_ == state::kept)
        return false;
    has_heirs_ = true;
    return true;
}

void tenure::expect_none()
{
    const std::lock_guard lock(guard_);
    has_heirs_ = false;
}

std::shared_ptr<grant> tenure::pass_on(bool more)
{
    const std::lock_guard lock(guard_);
    const auto now = core_->io().now();
    if (state_ != state::passing || belief_->deadline() - now < belief_least_)
        return nullptr;
    has_heirs_ = more;
    auto next = next_grant(now);
    change(state::held);
    ++core_->counters.retaken;
    return next;
}

tenure::after_hold tenure::settle(bool may_be_kept)
{
    const std::lock_guard lock(guard_);
    if (state_ != state::passing)
        return after_hold::over; // lost meanwhile
    has_heirs_ = false;
    return put_down(may_be_kept);
}

bool tenure::give_way()
{
    const std::lock_guard lock(guard_);
    wanted_elsewhere_ = true;
    if (state_ != state::kept)
        return false;
    change(state::over);
    return true;
}

bool tenure::give_way_to_age()
{
    const std::lock_guard lock(guard_);
    if (state_ != state::kept || core_->io().now() < kept_since_ + how_.retain_for)
        return false;
    change(state::over);
    return true;
}

std::optional<time_point> tenure::keeping_expires()
{
    const std::lock_guard lock(guard_);
    ages_ = state_ == state::kept;
    return ages_ ? std::optional(kept_since_ + how_.retain_for) : std::nullopt;
}

std::optional<std::shared_ptr<grant>> tenure::end(const grant* serving)
{
    const std::lock_guard lock(guard_);
    if (state_ == state::over || (serving != nullptr && present_.get() != serving))
        return std::nullopt;
    change(state::over);
    return std::exchange(present_, nullptr);
}

bool tenure::is_over() const
{
    const std::lock_guard lock(guard_);
    return state_ == state::over;
}

void tenure::on_missing()
{
    core_->found_missing(shared_from_this());
}

void tenure::on_session_end(errc)
{
    // The session has ended its holds before it tells anybody.
}

std::shared_ptr<grant> tenure::present() const
{
    const std::lock_guard lock(guard_);
    return present_;
}

std::shared_ptr<grant> tenure::next_grant(time_point now)
{
    const auto expires = how_.max_hold.count() != 0 ? now + how_.max_hold : time_point::max();
    present_ = std::make_shared<grant>(shared_from_this(), token_of(who_.czxid, turn_++), expires);
    return present_;
}

void tenure::change(state next)
{
    if (state_ == state::kept && next != state::kept)
        --core_->counters.retained;
    if (state_ != state::kept && next == state::kept)
        ++core_->counters.retained;
    state_ = next;
}

} // namespace paddock::detail
