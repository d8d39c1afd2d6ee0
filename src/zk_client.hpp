#pragma once

// The seam: what Paddock needs of a ZooKeeper client, for one session. The adapter of the C client
// implements it, and so may a simulated ensemble; everything above is the same code on both.
//
// Rules for implementations:
// - All calls and all callbacks are on the I/O thread; no callback runs inside a call.
// - Every call's handler is called exactly once, in the order in which replies arrived; at the
//   latest when the client is closed.
// - A call that is not answered within its patience ends with `in_doubt`, and the connection is
//   broken up so that another is made.

#include <paddock/clock.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace paddock::detail {

using time_point = boot_clock::time_point;
using nanoseconds = std::chrono::nanoseconds;

enum class reply_code {
    ok,
    no_node,      ///< no such znode, or its parent is missing
    node_exists,  ///< made already
    not_empty,    ///< has children
    no_auth,      ///< forbidden by an ACL
    refused,      ///< the server will not do this; sending it again will not help
    throttled,    ///< not executed: the server is busy
    in_doubt,     ///< the answer was lost: executed or not is unknown
    session_over, ///< not executed, or ended with the session
};

/// What every answer says: how it ended and when, for the belief in the session.
struct reply {
    reply_code code{reply_code::ok};
    time_point sent;
    time_point received;
};

struct node_stat {
    std::int64_t czxid{0};
    std::int64_t mzxid{0};
    std::int64_t ephemeral_owner{0};
    std::int32_t version{0};
    std::int32_t children{0};
    std::int32_t data_bytes{0};
};

enum class create_mode { persistent, container, ephemeral_sequential };

struct create_request {
    std::string path; ///< for a sequential node the prefix that the server's number follows
    std::string data;
    create_mode mode{create_mode::persistent};
};

/// The operations of a transaction that the C client can report on faithfully.
struct check_op {
    std::string path;
};
struct remove_op {
    std::string path;
};
/// An ephemeral sequential node, by the prefix of its path.
struct create_op {
    std::string path;
    std::string data;
};
/// Empties the node's data: its stat, as this transaction leaves it, is what is wanted.
struct touch_op {
    std::string path;
};
using multi_op = std::variant<check_op, remove_op, create_op, touch_op>;

struct multi_result {
    std::string name{}; ///< of what was created, without its parent's path
    node_stat stat{};   ///< of what was touched
};

struct multi_outcome {
    /// The operation that failed the whole, where the server named one: then none was carried out.
    std::optional<std::size_t> failed{};
    std::vector<multi_result> results{}; ///< one an operation, of a transaction that succeeded
};

struct credentials {
    std::string scheme;
    std::string secret;
};

struct endpoint {
    std::string address; ///< numeric, IPv6 without brackets
    std::uint16_t port{0};
    friend bool operator==(const endpoint&, const endpoint&) = default;
};

struct client_config {
    std::vector<endpoint> servers; ///< at least one
    std::chrono::milliseconds session_timeout{0};
    std::vector<credentials> auth;
    bool creator_all_acl{false};
};

struct connection_info {
    std::int64_t session_id{0};
    std::chrono::milliseconds session_timeout{0}; ///< as granted by the server
    time_point connect_started;                   ///< before the first byte was sent
};

enum class session_end {
    expired,      ///< the ensemble said so, or gave another session in its place
    auth_refused, ///< the ensemble refused the credentials
};

/// What happens by itself to a client.
class zk_events {
public:
    virtual ~zk_events() = default;

    /// A connection stands, the session resumed or new. Comes again after every reconnect, also
    /// when the loss in between went unnoticed.
    virtual void on_connected(const connection_info& info) = 0;

    /// The connection is gone; all calls that were outstanding have ended or will end in doubt.
    virtual void on_disconnected() = 0;

    /// The session is over; nothing more will happen but the ends of outstanding calls.
    virtual void on_session_over(session_end reason) = 0;

    /// A one-time watch fired: the znode at `path`, or which children it has, was changed, or it
    /// was deleted.
    virtual void on_watch(const std::string& path) = 0;
};

class zk_client {
public:
    using done = std::function<void(const reply&)>;
    using created = std::function<void(const reply&, std::string path, const node_stat&)>;
    using listed =
        std::function<void(const reply&, std::vector<std::string> names, const node_stat& parent)>;
    using got = std::function<void(const reply&, const node_stat&)>;
    using committed = std::function<void(const reply&, multi_outcome)>;

    virtual ~zk_client() = default;

    virtual void create(create_request request, nanoseconds patience, created handler) = 0;
    virtual void children(std::string path, nanoseconds patience, listed handler) = 0;
    /// Reads a znode and, if it is there, leaves a one-time data watch on it.
    virtual void watch(std::string path, nanoseconds patience, got handler) = 0;
    /// Lists and, if the znode is there, leaves a one-time watch on its children.
    virtual void watch_children(std::string path, nanoseconds patience, listed handler) = 0;
    /// Takes all watches of this client off a path.
    virtual void unwatch(std::string path, nanoseconds patience, done handler) = 0;
    /// Reads a znode's stat; leaves no watch.
    virtual void stat(std::string path, nanoseconds patience, got handler) = 0;
    virtual void remove(std::string path, nanoseconds patience, done handler) = 0;
    virtual void multi(std::vector<multi_op> ops, nanoseconds patience, committed handler) = 0;
    virtual void sync(std::string path, nanoseconds patience, done handler) = 0;

    /// Breaks the connection up, so that another is made, with the same session.
    virtual void reconnect() = 0;

    /// Changes the servers; a connection to a server that is not among them is broken up.
    virtual void set_servers(std::vector<endpoint> servers) = 0;

    /// Ends the session at the ensemble if the connection stands, and every call outstanding. The
    /// handler gets `ok` if the ensemble was told. Idempotent only by the caller's care.
    virtual void close(done handler) = 0;
};

} // namespace paddock::detail
