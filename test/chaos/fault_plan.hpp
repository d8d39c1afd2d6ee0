#pragma once

/// Which faults a chaos run makes, and when: drawn from a seed before it starts.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace paddock::test {

enum class fault_kind {
    client_killed,  ///< SIGKILL; a new client takes its place when the fault ends
    client_stopped, ///< SIGSTOP, often for longer than the session time-out
    client_cut,     ///< no packets between the client and the servers, or some of them
    client_cut_one_way,
    server_killed,
    server_paused,
    server_isolated,            ///< from peers and clients
    server_isolated_from_peers, ///< goes on answering clients
    disk_full,
    disk_slow,
};

inline constexpr std::size_t fault_kinds = 10;

std::string_view name_of(fault_kind kind);

/// Who is hit, as far as it can be said before the run.
enum class fault_role { client, leader, follower };

struct planned_fault {
    std::chrono::milliseconds begin{0};
    std::chrono::milliseconds end{0};
    fault_kind kind{fault_kind::client_killed};
    fault_role role{fault_role::client};
    std::uint64_t choice = 0; ///< picks one of many, and the details

    bool operator==(const planned_fault&) const = default;
};

/// What a plan may contain and how long things last.
struct fault_limits {
    std::chrono::milliseconds length{0};          ///< of the run
    std::chrono::milliseconds session_timeout{0}; ///< stops and cuts go up to twice this
    std::array<bool, fault_kinds> allowed{};
};

/// The longest time between the beginnings of two faults, but for breathers.
inline constexpr std::chrono::milliseconds fault_gap_max{8'000};

/// Every so many times there is a breather: a short fault, of a client if that may be, and then
/// none for so long that everything has recovered and is seen to work for a while.
inline constexpr std::size_t breather_every = 6;
inline constexpr std::chrono::milliseconds breather_length{9'000};
inline constexpr std::chrono::milliseconds breather_fault_max{500};

/// The longest a fault lasts: longer than `syncLimit` and any election, short enough that the next
/// calm moment is near.
inline constexpr std::chrono::milliseconds fault_length_max{7'000};

/// Faults in the order in which they begin. Pure; the same arguments give the same plan.
///
/// A fault begins at most `fault_gap_max` after the one before; every fourth comes with a second
/// one half a second later; two of three end a second before the next begins. In a breather none is
/// on but its own. All end in time.
/// Errors: `std::invalid_argument` if nothing is allowed.
std::vector<planned_fault> draw_plan(std::uint64_t seed, const fault_limits& limits);

} // namespace paddock::test
