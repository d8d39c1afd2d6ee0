#pragma once

/// What the proxy does with each frame; decides and performs nothing.

#include "test/support/zk_frames.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace paddock::test {

/// Which request a cut waits for. Each cut happens once.
struct cut_point {
    /// The opcodes that count. Empty: all but the handshake and pings, whose number depends on time
    /// and on reconnects.
    std::vector<opcode> of{};

    /// The how manieth of these, from 1, counted from the call that sets the cut.
    std::size_t nth = 1;

    /// Whether new connections are refused afterwards, until `tcp_proxy::allow()`.
    bool hold_off_until_released = false;
};

/// What went through a proxy.
struct proxy_counters {
    std::map<opcode, std::size_t> requests; ///< That arrived, a cut one included.
    std::size_t replies = 0;                ///< That came from the server, a dropped one included.
    std::size_t watch_events = 0;
    std::size_t connections = 0;     ///< Accepted.
    std::size_t cuts = 0;            ///< Connections ended by the proxy, for whatever reason.
    std::size_t bytes_to_server = 0; ///< Forwarded.
    std::size_t bytes_to_client = 0;
    std::int64_t session = 0; ///< The session of the last handshake; 0 before any or when refused.

    /// How many requests of these kinds arrived; of no kind named: all but handshakes and pings.
    std::size_t count(const std::vector<opcode>& of = {}) const;
};

/// What is known of one connection.
struct conversation {
    struct pending_request {
        std::int32_t xid;
        opcode op;
    };

    bool opaque = false; ///< Four-letter words: neither looked at nor counted.
    bool client_greeted = false;
    bool server_greeted = false;
    std::deque<pending_request> pending; ///< Forwarded and not answered.

    bool ending = false;                  ///< A cut was reached: no request passes any more.
    std::optional<std::int32_t> drop_xid; ///< The reply that must not reach the client.
};

/// What to do with a frame.
enum class verdict {
    forward,
    drop,
    forward_and_cut,
    drop_and_cut,
};

/// Counts frames and finds the ones to cut at.
///
/// A cut is exact: each request before the one named has been answered and the answer forwarded,
/// no request after it reaches the server. So what a test sees does not depend on timing.
class proxy_rules {
public:
    void cut_before(cut_point at);
    void cut_after(cut_point at);
    void clear_cuts() noexcept;

    verdict on_request(conversation& with, std::string_view frame);
    verdict on_reply(conversation& with, std::string_view frame);

    /// Whether the cut reached last holds new connections off; reading forgets it.
    bool take_hold_off() noexcept;

    proxy_counters counters;

private:
    bool reached(std::optional<cut_point>& cut, opcode op);
    verdict end_before(conversation& with) const;

    std::optional<cut_point> before_;
    std::optional<cut_point> after_;
    bool hold_off_ = false;
};

} // namespace paddock::test
