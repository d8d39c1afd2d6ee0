#pragma once

/// What concerns a whole history rather than one key: which clients died or stood still, when there
/// were faults.

#include "test/checker/history.hpp"
#include "test/checker/report.hpp"

#include <chrono>
#include <optional>
#include <unordered_map>
#include <vector>

namespace paddock::checker {

/// A time in which a client stood still; without an end when it never went on.
struct pause {
    std::chrono::nanoseconds begin{0};
    std::chrono::nanoseconds end{std::chrono::nanoseconds::max()};
};

/// A time in which no fault was on.
struct calm {
    std::chrono::nanoseconds begin{0};
    std::chrono::nanoseconds end{std::chrono::nanoseconds::max()};
};

/// The fates of the clients.
struct world {
    std::unordered_map<client_id, std::chrono::nanoseconds> deaths;
    std::unordered_map<client_id, std::vector<pause>> pauses; // in order of time
    std::unordered_map<client_id, std::vector<std::chrono::nanoseconds>> closings; // the same
    std::optional<std::chrono::nanoseconds> quiet;                                 // the last one
    std::vector<calm> calms;          // in order of time
    std::chrono::nanoseconds last{0}; // the time of the last event

    std::optional<std::chrono::nanoseconds> death_of(client_id client) const;

    /// Whether the client closed a session at some time from `begin` to `end`, both included.
    bool closed_between(client_id client,
                        std::chrono::nanoseconds begin,
                        std::chrono::nanoseconds end) const;

    /// Whether no fault was on from `begin` to `end`, nor less than `recovery` before.
    bool calm_between(std::chrono::nanoseconds begin,
                      std::chrono::nanoseconds end,
                      std::chrono::nanoseconds recovery) const;

    /// Whether the client stood still at some time from `begin` to `end`, both included.
    bool paused_between(client_id client,
                        std::chrono::nanoseconds begin,
                        std::chrono::nanoseconds end) const;

    /// When the client went on after its last pause that began at `end` or before; the smallest
    /// time when there was none.
    std::chrono::nanoseconds last_resumed(client_id client, std::chrono::nanoseconds end) const;
};

/// Collects the fates, and reports those that make no sense (`sound`).
world tell_world(const history& all, report& out);

} // namespace paddock::checker
