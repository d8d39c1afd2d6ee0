#pragma once

// One handle of the C client, in Paddock's words. zk_handle.cpp is the only file that includes the
// C client's header: no Z... name and no result code of it goes any further.

#include "src/zk_client.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The C client's types; the first one's name is not ours to choose.
struct _zhandle; // NOLINT(bugprone-reserved-identifier)
struct ACL_vector;

namespace paddock::detail {

enum class link_state {
    none,         ///< no socket
    connecting,   ///< TCP is being set up
    handshake,    ///< TCP stands, the session does not yet
    connected,    ///< requests are answered
    expired,      ///< the ensemble has ended the session
    auth_refused, ///< the ensemble refused the credentials
};

/// Everything an answer may carry; which members count depends on the call.
struct zk_answer {
    reply_code code{reply_code::ok};
    std::string path{};
    node_stat stat{};
    std::vector<std::string> names{};
    multi_outcome transaction{};
};

/// What the C client calls back with, always inside `interest`, `process` or `close`: note it and
/// return, and make no call of the handle in there.
class zk_handle_events {
public:
    virtual void on_answer(std::uint64_t number, zk_answer answer) = 0;
    virtual void on_link(link_state state) = 0;
    virtual void on_watch_fired(std::string path) = 0;

protected:
    ~zk_handle_events() = default;
};

/// A handle of the C client.
///
/// Threads: the I/O thread; the C client's statics are shared by all handles of the process.
class zk_handle {
public:
    using number = std::uint64_t;

    /// What makes two sessions the same one.
    struct identity {
        std::int64_t id{0};
        std::array<char, 16> password{};
        friend bool operator==(const identity&, const identity&) = default;
    };

    /// What the C client waits for.
    struct wanted {
        bool ok{false}; ///< if not, it has closed its socket, or could not make one
        int fd{-1};     ///< -1: it takes a pause
        bool write{false};
        nanoseconds wait{0};
    };

    enum class progress { packet, nothing, failed };

    /// Empty: sent, and the answer comes under its number. Else the answer, and none will come.
    using refusal = std::optional<reply_code>;

    zk_handle(const client_config& config, zk_handle_events& events);
    ~zk_handle();
    zk_handle(const zk_handle&) = delete;
    zk_handle& operator=(const zk_handle&) = delete;

    /// Makes the C client's handle; does not connect yet.
    bool open(const std::vector<endpoint>& servers);
    bool is_open() const noexcept { return zh_ != nullptr; }

    refusal create(number id, const create_request& request);
    refusal children(number id, const std::string& path);
    refusal watch(number id, const std::string& path);
    refusal watch_children(number id, const std::string& path);
    refusal unwatch(number id, const std::string& path);
    refusal stat(number id, const std::string& path);
    refusal remove(number id, const std::string& path);
    refusal multi(number id, std::vector<multi_op> ops);
    refusal sync(number id, const std::string& path);

    link_state link() const;
    bool has_socket() const;
    identity session() const;
    std::chrono::milliseconds session_timeout() const;

    /// Connects, pings, notices silence; says what to wait for.
    wanted interest();
    /// Takes one packet in and finishes what could not be sent.
    progress process(bool read, bool write);
    /// Only without a socket: with one, the C client might drop it without telling.
    bool set_servers(const std::vector<endpoint>& servers);
    /// Ends all calls; blocks for seconds if the socket is connected and healthy.
    void close();

private:
    friend struct zk_callbacks;
    struct multi_call;

    refusal outcome(int rc) const;
    const ACL_vector* acl() const;
    void fill(multi_call& call, std::size_t which) const;
    static std::vector<multi_result> results_of(const multi_call& call);
    static std::optional<std::size_t> blamed_in(const multi_call& call, int rc);

    zk_handle_events& events_;
    std::chrono::milliseconds session_timeout_;
    std::vector<credentials> auth_;
    bool creator_all_;
    _zhandle* zh_{nullptr};
    // The C client writes into these until the answer comes, also after we gave the call up.
    std::map<number, std::unique_ptr<multi_call>> multis_;
};

} // namespace paddock::detail
