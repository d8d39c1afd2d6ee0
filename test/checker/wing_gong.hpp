#pragma once

/// Judges lock histories that carry no tokens: is there an order of the calls, each at one instant
/// between its begin and its return, in which a mutex would have given these answers?
///
/// The algorithm is that of Wing and Gong (Testing and Verifying Concurrent Objects, 1993), which
/// tries the orders, with Lowe's memory of what was tried (Testing for Linearizability, 2017): a
/// set of calls done, and the state it led to, need not be tried twice. Keys are judged one by one,
/// because a history of several objects has an order if each object's part has one.

#include "test/checker/history.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace paddock::checker {

enum class lock_call : std::uint8_t {
    lock,   ///< takes the free mutex
    taken,  ///< a try_lock that took the free mutex
    busy,   ///< a try_lock that found it held
    unlock, ///< frees the mutex that its owner holds
};

/// One call, as its caller saw it.
///
/// A call that never returned may have had its effect at any later time, or never. Of a
/// try_lock that never returned nobody knows whether it was `taken` or `busy`. A holder that dies
/// or loses the lock is an unlock that begins there and never returns.
struct operation {
    /// When a call returned that never did.
    static constexpr auto never = std::chrono::nanoseconds::max();

    lock_call what{lock_call::lock};
    key_id key{no_key};
    std::uint64_t owner{0}; ///< whoever locks and unlocks
    std::chrono::nanoseconds begin{0};
    std::chrono::nanoseconds end{never};
};

enum class verdict : std::uint8_t {
    explained,
    unexplained,
    undecided, ///< the limit of steps was reached first
};

struct explanation {
    verdict found{verdict::explained};

    /// If explained: an order in which a mutex would have done it, key by key. Calls that never
    /// returned may be missing. Indices into the operations.
    std::vector<std::size_t> order;

    /// If unexplained: the calls of one key that began before the first return that no order
    /// explains, in order of their begin. That return is the one of the call `impossible`; without
    /// it, the others could be explained.
    std::vector<std::size_t> prefix;
    std::size_t impossible{0};
};

/// How many steps explain() takes for one key before it gives up: some seconds.
inline constexpr std::uint64_t explain_steps_max = 20'000'000;

/// Looks for an order that explains the operations.
explanation explain(std::span<const operation> operations,
                    std::uint64_t steps_max = explain_steps_max);

/// A recorded history as operations: grants are locks, ends of holds are unlocks that may take
/// effect later. What was refused is left out. The owners are single attempts.
std::vector<operation> operations_of(const history& all);

/// What was found, for people: the calls of the prefix, one a line; empty when explained.
std::string text_of(const explanation& result, std::span<const operation> operations);

} // namespace paddock::checker
