#pragma once

/// Fork and exec, the part of `child_process` that runs between the two.

#include <sys/types.h>

namespace paddock::test {

struct child_options;

/// Starts a program as `child_options` says; returns its process id once it has been executed.
///
/// Errors: `std::system_error` naming the step that failed.
/// Threads: any.
pid_t spawn(const child_options& options);

} // namespace paddock::test
