#include "test/simulation/session_tracker.hpp"

namespace paddock::simulation {

// ExpiryQueue.roundToNextInterval: always up, also from a whole number of ticks.
time_point session_tracker::round_up(time_point when) const
{
    const auto since = when.time_since_epoch() + phase_;
    return time_point((since / tick_ + 1) * tick_ - phase_);
}

void session_tracker::expect(std::int64_t id, session& known, nanoseconds timeout, time_point now)
{
    known.earliest = now + timeout * 1'000'000 / (1'000'000 + drift_ppm_);
    const auto expiry = round_up(known.earliest);
    if (known.expiry == expiry)
        return;
    known.expiry = expiry;
    queue_[expiry].push_back(id);
}

void session_tracker::track(std::int64_t id, nanoseconds timeout, time_point now)
{
    auto& known = sessions_[id];
    if (!known.closing)
        expect(id, known, timeout, now);
}

bool session_tracker::touch(std::int64_t id, nanoseconds timeout, time_point now)
{
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.closing)
        return false;
    expect(id, found->second, timeout, now);
    return true;
}

session_tracker::standing session_tracker::check(std::int64_t id, session_owner owner)
{
    const auto found = sessions_.find(id);
    if (found == sessions_.end())
        return standing::unknown;
    auto& known = found->second;
    if (known.closing)
        return standing::closing;
    if (known.owner == 0)
        known.owner = owner;
    return known.owner == owner ? standing::good : standing::moved;
}

void session_tracker::set_owner(std::int64_t id, session_owner owner)
{
    const auto found = sessions_.find(id);
    if (found != sessions_.end() && !found->second.closing)
        found->second.owner = owner;
}

bool session_tracker::set_closing(std::int64_t id)
{
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.closing)
        return false;
    found->second.closing = true;
    return true;
}

std::optional<time_point> session_tracker::earliest_expiry(std::int64_t id) const
{
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.closing)
        return std::nullopt;
    return found->second.earliest;
}

std::vector<std::int64_t> session_tracker::take_expired(time_point now)
{
    std::vector<std::int64_t> due;
    while (!queue_.empty() && queue_.begin()->first <= now) {
        for (const auto id : queue_.begin()->second) {
            const auto found = sessions_.find(id);
            if (found == sessions_.end() || found->second.expiry != queue_.begin()->first)
                continue; // touched since
            if (set_closing(id))
                due.push_back(id);
        }
        queue_.erase(queue_.begin());
    }
    return due;
}

} // namespace paddock::simulation
