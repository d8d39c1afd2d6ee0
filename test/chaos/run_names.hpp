#pragma once

/// What the processes of a chaos run agree on: the names of keys and the clock of events.

#include <paddock/clock.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace paddock::test {

/// The znode below which all locks of a run are.
inline constexpr auto lock_root = "/chaos";

/// The name of key number `key`; number 0 is the one that everybody wants.
inline std::string key_name(std::size_t key)
{
    return key == 0 ? "hot" : "k" + std::to_string(key);
}

/// The time that events carry: one clock for all processes of the machine.
inline std::chrono::nanoseconds event_time()
{
    return boot_clock::now().time_since_epoch();
}

} // namespace paddock::test
