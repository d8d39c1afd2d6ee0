#pragma once

#include "src/zk_client.hpp"

#include <chrono>
#include <cstdint>

namespace paddock::detail {

/// The longest first wait: about what a local server needs to accept again after a hiccup.
inline constexpr std::chrono::milliseconds backoff_first{10};
/// The longest wait of all: a second is what the return of a server may go unnoticed beside the
/// seconds an election takes; longer waits would only delay the locks.
inline constexpr std::chrono::milliseconds backoff_max{1'000};

/// How long to wait before the next round of connection attempts.
///
/// The bound doubles from `backoff_first` to `backoff_max`; the wait is drawn evenly between a
/// quarter of the bound and the bound, the first time from zero: the spread takes the clients of a
/// restarted server apart, the floor keeps an unlucky one from hammering.
/// `attempt` counts from 0; `random` is any number, all its bits random.
nanoseconds backoff_delay(unsigned attempt, std::uint64_t random);

} // namespace paddock::detail
