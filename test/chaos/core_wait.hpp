#pragma once

/// How long this process was ready to run and no core took it: what a busy machine takes from a
/// call with a limit, and what no library can give back.

#include <chrono>

namespace paddock::test {

/// The time that the library's I/O thread and the calling one have waited for a core so far. An
/// answer passes through these two, so the difference around a call bounds its share. Time in which
/// the process is stopped does not count.
///
/// Source: `/proc/PID/task/TID/schedstat`, the second number; zero where the kernel keeps none.
/// Threads: any.
std::chrono::nanoseconds core_wait();

} // namespace paddock::test
