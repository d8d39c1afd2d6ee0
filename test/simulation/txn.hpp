#pragma once

#include "test/simulation/path_table.hpp"
#include "test/simulation/wire.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace paddock::simulation {

/// What the leader proposes and every server logs and applies.

/// The credentials of a connection, or those that an ACL asks for; 0: none.
using identity = std::uint32_t;

/// The ephemeralOwner of a container, as in EphemeralType.
inline constexpr std::int64_t container_owner = INT64_MIN;

enum class change_kind : std::uint8_t {
    create,
    remove,
    set_data,
    check, ///< was true when the leader looked; changes nothing
    set_sequence,
};

/// One change of the tree. Servers apply it without asking again: the leader has checked it.
struct node_change {
    change_kind what{change_kind::check};
    path_id path{0};
    std::int64_t owner{0};    ///< of a create
    std::int32_t sequence{0}; ///< the parent's counter after a create; of set_sequence, the new one
    identity acl{0};
    std::shared_ptr<const std::string> data{};
    /// Clients that this deletion woke, at all servers: a figure, not a part of what is replicated.
    mutable std::uint32_t woken{0};
};

enum class txn_kind : std::uint8_t {
    single,
    multi,
    error, ///< a write that failed: it is logged and committed like all others
    open_session,
    close_session,
};

/// Who waits for the answer; connection 0: nobody.
struct origin {
    std::size_t server{0};
    std::uint64_t connection{0};
    std::uint64_t xid{0};

    bool operator==(const origin&) const = default;
};

struct txn {
    std::int64_t zxid{0};
    std::int64_t session{0}; ///< 0: the ensemble itself, or an operator
    origin from;
    txn_kind what{txn_kind::single};
    code result{code::ok};
    std::size_t failed{0};
    bool expired{false};                  ///< of close_session: by time-out, not by the client
    bool container_check{false};          ///< a container with no children left
    std::chrono::milliseconds timeout{0}; ///< of open_session
    std::vector<node_change> changes;
};

using txn_ptr = std::shared_ptr<const txn>;

/// A write on its way from the server that its client talks to, to the leader.
struct client_request {
    std::int64_t session{0};
    origin from;
    identity who{0};
    std::chrono::milliseconds timeout{0}; ///< of a new session
    bool opens_session{false};
    request body;
};

} // namespace paddock::simulation
