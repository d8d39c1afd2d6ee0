#pragma once

/// A worker of a chaos client that is a thread and uses the blocking calls.

#include "test/chaos/client_world.hpp"

#include <cstddef>

namespace paddock::test {

/// Locks, uses the resource and lets go, until the world stops.
void work_blocking(client_world& world, std::size_t number);

} // namespace paddock::test
