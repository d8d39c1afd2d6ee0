#pragma once

/// Plain TCP for the test harness: bounded, IPv4, numeric addresses only.

#include "test/support/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace paddock::test {

/// Where a server listens.
struct endpoint {
    std::string host = "127.0.0.1"; ///< A numeric IPv4 address.
    std::uint16_t port = 0;

    /// The text `host:port`, as a ZooKeeper connect string wants it.
    std::string text() const;

    friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// Opens a listening socket that does not block, with `SO_REUSEADDR` set.
///
/// Errors: `std::system_error`.
unique_fd listen_on(const endpoint& where);

/// The endpoint a socket is bound to.
endpoint local_endpoint(const unique_fd& socket);

/// Starts to connect and returns at once; the socket does not block.
///
/// Errors: `std::system_error` when the kernel refuses at once; later failures show on the socket.
unique_fd start_connecting(const endpoint& server);

/// Connects; the socket does not block.
///
/// Errors: `std::system_error`, with `std::errc::timed_out` when nobody answered.
unique_fd connect_to(const endpoint& server, std::chrono::milliseconds limit);

/// Sends all of `bytes`.
///
/// Errors: as `connect_to`.
void send_all(const unique_fd& socket, std::string_view bytes, std::chrono::milliseconds limit);

/// Receives exactly `count` bytes, or fewer when the peer closes first.
///
/// Errors: as `connect_to`.
std::string receive(const unique_fd& socket, std::size_t count, std::chrono::milliseconds limit);

} // namespace paddock::test
