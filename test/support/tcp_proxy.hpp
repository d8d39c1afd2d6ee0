#pragma once

/// A relay between clients and one ZooKeeper server that can fail at an exact request or byte.

#include "test/support/proxy_connection.hpp"
#include "test/support/proxy_rules.hpp"
#include "test/support/socket.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace paddock::test {

/// Relays connections to one server, on a loopback port and a thread of its own.
///
/// Frames are forwarded whole, so a cut never leaves half a request unless `cut_at_byte` asks for
/// it. Four-letter words pass uncounted.
/// Threads: any, for every member but the destructor. What a call changes holds when it returns.
class tcp_proxy {
public:
    explicit tcp_proxy(endpoint server);
    tcp_proxy(const tcp_proxy&) = delete;
    tcp_proxy& operator=(const tcp_proxy&) = delete;

    /// Resets all connections.
    ~tcp_proxy();

    const endpoint& listen_endpoint() const noexcept;
    std::uint16_t port() const noexcept { return listen_endpoint().port; }
    std::string connect_string() const { return listen_endpoint().text(); }

    /// Takes back everything set below: all connections pass, unhindered.
    void pass();

    /// Resets all connections (RST); new ones are accepted unless refused.
    void cut_now();

    /// While true nobody listens: connecting fails at once. Open connections stay.
    void refuse(bool on);

    /// The opposite of `refuse(true)`, and the release of a `hold_off_until_released`.
    void allow() { refuse(false); }

    /// While true nothing is accepted, read or forwarded, and nothing closed.
    ///
    /// The kernel still completes new connections; they stay mute.
    void freeze(bool on);

    /// Holds everything back for `one_way`, in each direction; bytes already queued keep their
    /// time.
    void delay(std::chrono::milliseconds one_way);

    /// Closes the connection when this request arrives, before the server sees it: a lost request.
    ///
    /// All requests before it have been answered by then, and their answers delivered.
    void cut_before_request(cut_point at = {});

    /// Closes the connection when the server has answered this request, without delivering the
    /// answer: a lost reply.
    ///
    /// All answers before it have been delivered; later requests do not reach the server.
    void cut_after_request(cut_point at = {});

    /// Closes the connection that forwards the `bytes`th byte from now in this direction, right
    /// after that byte.
    void cut_at_byte(direction way, std::size_t bytes);

    proxy_counters counters() const;

    /// Sets all counters to zero.
    void reset_counters();

    /// How many connections are open.
    std::size_t open_connections() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace paddock::test
