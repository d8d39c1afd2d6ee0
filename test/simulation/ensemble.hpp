#pragma once

#include "test/simulation/network.hpp"
#include "test/simulation/wire.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace paddock::simulation {

struct ensemble_config {
    std::size_t servers{3};
    std::chrono::milliseconds tick{2'000};
    int init_limit{10};
    int sync_limit{5};
    int min_timeout_ticks{2};
    int max_timeout_ticks{20};
    std::chrono::milliseconds container_check{60'000};
    nanoseconds sync_to_disk{200us}; ///< what an fsync of the log takes
    /// Requests in flight at one server past which it answers `throttled`; 0: never.
    /// How much faster or slower a leader's clock may run, in parts per million.
    std::int64_t drift_ppm_max{0};
    std::size_t throttle_limit{0};
    /// The only credentials that are accepted; empty: all.
    std::string accepted_secret{};
};

/// A znode as an observer sees it.
struct node_view {
    std::string path;
    detail::node_stat stat;
    std::string data;
};

/// A ZooKeeper ensemble as it behaves towards its clients and their belief: a leader and followers
/// that talk over the simulated network, elect, replicate, expire sessions and fire watches.
class ensemble {
public:
    ensemble(world& where, network& net, ensemble_config config);
    ~ensemble();

    std::size_t size() const noexcept;
    host& server(std::size_t index);
    static detail::endpoint address(std::size_t index);
    /// Empty: no server has this address.
    static std::optional<std::size_t> index_of(const detail::endpoint& address);

    // --- clients ---------------------------------------------------------------------------

    /// Opens a connection from `client` and asks for a session. The answers come to `end`, which
    /// must live as long as the connection is open at the client's side.
    std::shared_ptr<connection>
    connect(host& client, std::size_t server, connect_request wanted, client_end& end);
    /// Sends a request over it.
    void submit(const std::shared_ptr<connection>& link, request wanted);

    // --- faults ----------------------------------------------------------------------------

    void kill(std::size_t server); ///< what was not synced to its log is lost
    void restart(std::size_t server);
    void pause(std::size_t server);
    void resume(std::size_t server);
    /// What an fsync takes on this server from now on.
    void set_sync_to_disk(std::size_t server, nanoseconds time);
    nanoseconds tick() const;
    /// Each ping of a leader comes up to so much late from now on.
    void set_ping_lateness(nanoseconds most);
    /// The server answers so many of the next requests of clients with `throttled`.
    void throttle_next(std::size_t server, std::size_t requests);
    /// A follower notices the next commit only with whatever arrives after it.
    void miss_next_commit(std::size_t server);
    /// The leader, if there is one that serves; nothing happens otherwise.
    void expire_session(std::int64_t session_id); ///< as its time-out would
    void remove_by_operator(const std::string& path);
    void create_by_operator(const std::string& path, const std::string& data);
    /// From now on an ACL allows all but writing the node's data.
    void forbid_writing(const std::string& path);
    /// Deletes empty containers now instead of at the next check.
    void check_containers_now();
    /// Sets the number that the next sequential child of a node gets.
    void set_next_sequence(const std::string& parent, std::int32_t next);
    /// The next session that is resumed gets another id in its place.
    void replace_next_session();

    // --- what an observer sees --------------------------------------------------------------

    /// The leader that serves, with a quorum behind it as far as it knows. With two, the newest.
    std::optional<std::size_t> leader() const;
    bool serves(std::size_t server) const;
    /// Everything the quorum has committed.
    std::vector<node_view> nodes_below(const std::string& path) const;
    std::optional<node_view> node(const std::string& path) const;
    /// What one server would answer from: it may lag, or know better than the others will.
    std::vector<node_view> nodes_at(std::size_t server, const std::string& path) const;
    std::size_t sessions() const;
    /// From when on the leader may expire the session, by its record of when it last heard of it.
    /// Empty: there is no leader that could, or the session is unknown or being closed.
    std::optional<time_point> earliest_expiry(std::int64_t session) const;
    /// Watches that clients connected now have left, at all servers.
    std::size_t watches() const;

    struct figures {
        std::uint64_t requests{0};
        std::uint64_t commits{0};
        std::uint64_t elections{0};
        std::uint64_t sessions_opened{0};
        std::uint64_t sessions_expired{0};
        std::uint64_t watches_fired{0};
        std::uint64_t containers_reaped{0};
        /// Ephemeral nodes deleted by a client whose session does not own them.
        std::uint64_t foreign_deletes{0};
        /// The most distinct clients that one deletion has woken.
        std::uint64_t woken_by_one_max{0};
    };
    const figures& seen() const noexcept;

    /// Called as the quorum commits the creation or deletion of a node, in commit order. What is
    /// called must leave the servers as they are; faults happen in events of their own.
    struct change {
        std::string path;
        bool created{false};
        std::int64_t czxid{0};
        std::int64_t ephemeral_owner{0};
        std::int64_t by_session{0}; ///< 0: the ensemble itself or an operator
    };
    std::function<void(const change&)> on_change;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

} // namespace paddock::simulation
