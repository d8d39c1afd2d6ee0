#pragma once

/// A worker of a chaos client that is a coroutine.

#include "test/chaos/client_world.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace paddock::test {

/// Locks, uses the resource and lets go, until the world stops.
///
/// Lifetime: `world` must outlive it.
boost::asio::awaitable<void> work_async(client_world& world, std::size_t number);

} // namespace paddock::test
