#pragma once

/// ZooKeeper's four-letter words: what a server knows about itself, its sessions and its watches.

#include "test/support/socket.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace paddock::test {

/// How long one four-letter word may take. A serving server answers in milliseconds.
inline constexpr std::chrono::milliseconds four_letter_limit{2'000};

/// The numbers of an ensemble's sessions, as the server prints them in hexadecimal.
using session_id = std::int64_t;

/// Sends a four-letter word and returns the whole answer.
///
/// Errors: `std::system_error` when nobody listens, answers in time, or the connection breaks.
std::string four_letter(const endpoint& server,
                        std::string_view word,
                        std::chrono::milliseconds limit = four_letter_limit);

/// As `four_letter`, but nothing instead of an error: for servers that may be down.
std::optional<std::string> try_four_letter(const endpoint& server,
                                           std::string_view word,
                                           std::chrono::milliseconds limit = four_letter_limit);

/// What the server is: `standalone`, `leader` or `follower`; nothing while it does not serve.
std::optional<std::string> server_mode(const endpoint& server,
                                       std::chrono::milliseconds limit = four_letter_limit);

/// The fields of `srvr`, such as `Mode`, `Zxid`, `Connections`, `Node count`.
std::map<std::string, std::string> srvr(const endpoint& server);

/// The fields of `mntr`, such as `zk_server_state`, `zk_watch_count`, `zk_ephemerals_count`.
std::map<std::string, std::string> mntr(const endpoint& server);

/// One counter of `mntr`.
///
/// Errors: `std::out_of_range` when the server has no such counter.
std::int64_t counter(const endpoint& server, const std::string& name);

/// The paths of the ephemeral nodes by their session.
///
/// Every server of an ensemble knows all of them.
std::map<session_id, std::set<std::string>> dump(const endpoint& server);

/// The sessions the server keeps track of; ask the leader, which knows all of them.
std::set<session_id> session_ids(const endpoint& server);

/// The paths of all ephemeral nodes.
std::set<std::string> ephemerals(const endpoint& server);

/// The sessions that watch a path at this server, by path.
///
/// Limits: data and exists watches only; the server does not list child watches, but `watch_count`
///   counts them. Watches live on the server the client is connected to.
std::map<std::string, std::set<session_id>> wchp(const endpoint& server);

/// How many watches this server holds, of every kind.
std::size_t watch_count(const endpoint& server);

/// One client connection, as `cons` prints it.
struct connection_info {
    std::string address;                       ///< The client's `address:port`.
    std::map<std::string, std::string> fields; ///< Such as `sid`, `recved`, `to`, `lop`.
};

/// The connections of a server; the one that asks is among them, without a `sid`.
std::vector<connection_info> cons(const endpoint& server);

} // namespace paddock::test
