#pragma once

// How Paddock's own code writes to the log; <paddock/log.hpp> is what users see. Only log.cpp knows
// the logging library.

#include <string_view>

namespace paddock::detail {

enum class log_level { debug, info, warn, error };

/// Whether a message of this level would be written: ask before building an expensive one.
/// Threads: any.
bool log_enabled(log_level level);

/// Writes one message. Never throws: a log that fails must not break a lock.
/// Threads: any.
void log(log_level level, std::string_view message) noexcept;

inline void log_debug(std::string_view message) noexcept
{
    log(log_level::debug, message);
}
inline void log_info(std::string_view message) noexcept
{
    log(log_level::info, message);
}
inline void log_warn(std::string_view message) noexcept
{
    log(log_level::warn, message);
}
inline void log_error(std::string_view message) noexcept
{
    log(log_level::error, message);
}

} // namespace paddock::detail
