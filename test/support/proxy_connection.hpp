#pragma once

/// One relayed connection of a proxy: two sockets and what is on its way between them.

#include "test/support/proxy_rules.hpp"
#include "test/support/socket.hpp"
#include "test/support/zk_frames.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace paddock::test {

/// Which way bytes go.
enum class direction { to_server, to_client };

/// What all connections of a proxy share; guarded by the proxy's mutex.
struct proxy_settings {
    proxy_rules rules;
    std::chrono::milliseconds delay{0};

    /// Bytes that may still pass in each direction before the connection ends; empty: no limit.
    std::optional<std::size_t> bytes_left_to_server;
    std::optional<std::size_t> bytes_left_to_client;
};

/// Moves bytes; never blocks.
///
/// Threads: under the proxy's mutex.
class proxy_connection {
public:
    using clock = std::chrono::steady_clock;

    proxy_connection(unique_fd client, unique_fd server);

    /// Reads what has arrived from the sockets that poll() reported, and queues it.
    void read(short client_events, short server_events, proxy_settings& settings);

    /// Sends what is due.
    void write(clock::time_point now);

    /// Whether both sides may be closed: no more is read and all that was queued has been sent.
    bool finished() const noexcept;

    /// Whether the end was the proxy's doing.
    bool cut() const noexcept { return cut_; }

    /// Ends the connection with a reset in both directions, dropping what is queued.
    void reset() noexcept;

    short client_interest(clock::time_point now) const noexcept;
    short server_interest(clock::time_point now) const noexcept;
    int client_fd() const noexcept { return client_.get(); }
    int server_fd() const noexcept { return server_.get(); }

    /// When the next delayed bytes are due; nothing when none are queued.
    std::optional<clock::time_point> next_due() const noexcept;

private:
    struct chunk {
        clock::time_point due;
        std::string bytes;
    };

    using outbox = std::deque<chunk>;

    std::string receive_from(const unique_fd& socket);
    void take_requests(proxy_settings& settings);
    void take_replies(proxy_settings& settings);
    void obey(verdict what, direction way, std::string frame, proxy_settings& settings);
    void queue(direction way, std::string bytes, proxy_settings& settings);
    void end_by_proxy() noexcept;
    void send_due(outbox& box, const unique_fd& socket, clock::time_point now);
    short interest(const outbox& box, clock::time_point now) const noexcept;

    unique_fd client_;
    unique_fd server_;
    frame_splitter requests_;
    frame_splitter replies_;
    conversation conversation_;
    outbox to_server_;
    outbox to_client_;
    bool ending_ = false; // nothing more is read
    bool broken_ = false; // a socket failed: nothing more can be sent
    bool cut_ = false;
};

} // namespace paddock::test
