#pragma once

#include "src/zk_client.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace paddock::simulation {

/// What a client and a server say to one another: ZooKeeper's protocol without its bytes.

/// The server's result codes, by the names of its KeeperException.
enum class code {
    ok,
    no_node,
    node_exists,
    not_empty,
    no_auth,
    bad_version,
    no_children_for_ephemerals,
    bad_arguments,
    unimplemented,
    system_error,
    throttled,             ///< not executed
    session_expired,       ///< not executed
    session_moved,         ///< not executed: the session lives on another server now
    runtime_inconsistency, ///< an operation of a transaction that another one failed
};

struct connect_request {
    std::int64_t session_id{0}; ///< 0: a new session
    std::uint64_t password{0};
    std::chrono::milliseconds timeout{0}; ///< as asked for
    std::int64_t last_zxid{0};            ///< a server that is behind this hangs up
    std::vector<detail::credentials> auth;
};

struct connect_answer {
    std::int64_t session_id{0}; ///< 0: that session has expired
    std::uint64_t password{0};
    std::chrono::milliseconds timeout{0};
    bool auth_refused{false};
};

enum class op {
    create,
    remove,
    set_data,
    check,
    exists,   ///< reads the stat
    get,      ///< the same; fails on a missing node, and may leave a data watch
    children, ///< may leave a watch on them
    unwatch,  ///< takes all watches of this session off a path
    multi,
    sync,
    ping,
    set_watches, ///< after a reconnect: leaves watches, or fires them
    close_session,
};

inline bool is_write(op what)
{
    switch (what) {
    case op::create:
    case op::remove:
    case op::set_data:
    case op::check:
    case op::multi:
    case op::close_session:
        return true;
    case op::exists:
    case op::get:
    case op::children:
    case op::unwatch:
    case op::sync:
    case op::ping:
    case op::set_watches:
        return false;
    }
    return false;
}

/// One operation of a transaction, or the only one of a request.
struct operation {
    op what{op::ping};
    std::string path{};
    std::string data{};
    detail::create_mode mode{detail::create_mode::persistent};
    std::int32_t version{-1}; ///< -1: any
    bool creator_all_acl{false};
};

struct request {
    std::uint64_t xid{0};
    operation body;
    bool watch{false};
    std::vector<operation> ops{};       ///< of a multi
    std::vector<std::string> paths{};   ///< of set_watches: with data watches
    std::vector<std::string> parents{}; ///< of set_watches: with watches on their children
    std::int64_t last_zxid{0};          ///< of set_watches: what the client has seen
    code fail_with{code::ok};           ///< a planned fault: answer so in turn, carry nothing out
};

struct answer {
    std::uint64_t xid{0};
    code result{code::ok};
    std::int64_t zxid{0};
    std::string path;
    detail::node_stat stat;
    std::vector<std::string> names;
    detail::multi_outcome transaction; ///< of a multi
};

struct watch_event {
    enum class kind { changed, deleted, children };
    std::string path;
    kind what{kind::changed};
};

/// The client's end of its connection.
class client_end {
public:
    virtual ~client_end() = default;
    virtual void on_session(const connect_answer& answer) = 0;
    virtual void on_answer(answer&& answer) = 0;
    virtual void on_watch_event(const watch_event& event) = 0;
};

} // namespace paddock::simulation
