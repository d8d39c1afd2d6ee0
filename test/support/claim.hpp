#pragma once

/// Names that only one running process may hold.

#include "test/support/unique_fd.hpp"

#include <optional>
#include <string>

namespace paddock::test {

/// Claims `name` among all test processes of this machine; nothing when it is taken.
///
/// The claim is an abstract Unix socket: the kernel gives it to one process only and takes it back
/// when the process ends, however that happens, so nothing needs cleaning up.
/// Lifetime: held as long as the descriptor.
std::optional<unique_fd> claim(const std::string& name);

} // namespace paddock::test
