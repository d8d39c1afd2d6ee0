#pragma once

#include <memory>

namespace spdlog {
class logger;
} // namespace spdlog

namespace paddock {

/// Replaces the logger that Paddock writes to; an empty pointer restores the default.
///
/// The default is named `paddock`, writes warnings and errors to standard error, and is not
/// registered with spdlog. Levels: `error` needs a person, `warn` is a loss or a limit, `info` is a
/// change of a session's state, `debug` is each grant and release with key and token.
/// Threads: any; the logger must be thread-safe (spdlog's `_mt` sinks are). It is called on the I/O
///   thread, so a sink that blocks delays every session: use an asynchronous one for slow targets.
void set_logger(std::shared_ptr<spdlog::logger> logger);

} // namespace paddock
