#pragma once

#include "test/simulation/world.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace paddock::simulation {

/// Through whom a session's requests come: the leader itself, or one connection of a follower.
using session_owner = std::uint64_t;

/// The leader's record of when it last heard of each session, and when each expires.
///
/// Source: SessionTrackerImpl and ExpiryQueue.
class session_tracker {
public:
    enum class standing { good, closing, moved, unknown };

    /// `phase`: the server's clock starts anywhere, so its ticks do. `drift`: how much faster it
    /// runs, in parts per million.
    session_tracker(nanoseconds tick, nanoseconds phase, std::int64_t drift_ppm = 0)
        : tick_(tick), phase_(phase), drift_ppm_(drift_ppm)
    {
    }

    /// Knows the session from now on; one that is known already is touched.
    void track(std::int64_t id, nanoseconds timeout, time_point now);
    /// False: unknown or closing.
    bool touch(std::int64_t id, nanoseconds timeout, time_point now);
    /// The first to ask becomes the owner.
    standing check(std::int64_t id, session_owner owner);
    void set_owner(std::int64_t id, session_owner owner);
    /// False: unknown or closing already.
    bool set_closing(std::int64_t id);
    void remove(std::int64_t id) { sessions_.erase(id); }

    /// From when on a session may be expired, as far as its record goes; empty: unknown or closing.
    std::optional<time_point> earliest_expiry(std::int64_t id) const;

    time_point end_of_tick(time_point now) const { return round_up(now); }
    /// Those that are due, in the order in which they came due; they are closing from now on.
    std::vector<std::int64_t> take_expired(time_point now);

private:
    struct session {
        time_point expiry{};    // the tick at which it is looked at
        time_point earliest{};  // without that rounding, which no client may count on
        session_owner owner{0}; // 0: nobody yet
        bool closing{false};
    };

    time_point round_up(time_point when) const;
    void expect(std::int64_t id, session& known, nanoseconds timeout, time_point now);

    nanoseconds tick_;
    nanoseconds phase_;
    std::int64_t drift_ppm_;
    std::unordered_map<std::int64_t, session> sessions_;
    // A session that is touched leaves its old entry behind; it does not count when its time comes.
    std::map<time_point, std::vector<std::int64_t>> queue_;
};

} // namespace paddock::simulation
