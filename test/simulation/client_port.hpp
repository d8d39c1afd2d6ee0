#pragma once

#include "test/simulation/client_link.hpp"
#include "test/simulation/peer_link.hpp"
#include "test/simulation/ring.hpp"
#include "test/simulation/server_watches.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/simulation/tree.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace paddock::simulation {

/// A request that has arrived and is not answered: it waits for its own commit, or behind one.
struct waiting_request {
    origin from;
    bool awaits_commit{false};
    code fail_with{code::ok};
    std::unique_ptr<request> read{}; ///< what to read when its turn comes
};

/// The clients of one server: their sessions, their requests in order, their watches.
/// Source: ZooKeeperServer.processConnectRequest, CommitProcessor, FinalRequestProcessor.
class client_port final : public client_listener {
public:
    client_port(server& home, surroundings& around) : home_(home), around_(around) {}

    // --- from clients ----------------------------------------------------------------------
    void on_accept(client_link& from) override;
    void on_hello(client_link& from) override;
    void on_request(client_link& from, request&& wanted) override;
    void on_client_gone(client_link& from) override;

    // --- from the server -------------------------------------------------------------------
    /// The leader's word on a session that wants to go on here.
    void finish_hello(std::uint64_t connection, bool valid);
    void finish_sync(const sync_request& done);
    /// A write that came to this leader through a follower.
    void expect(std::int64_t session, const origin& from);
    /// Carries a transaction out, fires its watches and answers whoever waits for it here.
    void apply(const txn& done, tree& nodes);
    void close_all();

    void throttle_next(std::size_t requests) { throttle_next_ = requests; }
    std::size_t watches() const { return watches_.count(); }

private:
    client_link* find(std::uint64_t connection) const;
    void drop(client_link& link);
    void refuse_session(client_link& from);
    void open_session(client_link& from);
    void resume_session(client_link& from);
    void establish(client_link& from);
    void close_sessions_links(std::int64_t session, const client_link* but);

    code reason_to_refuse(const request& wanted);
    void submit(client_link& from, request&& wanted);
    answer blank_answer(std::uint64_t xid);
    void answer_read(client_link& from, const request& wanted, code refusal);
    void read(client_link& from, const request& wanted, answer& reply);
    void list(const request& wanted, client_link& from, answer& reply);
    void set_watches(client_link& from, const request& wanted);
    void fire(const node_change& change);
    void tell(const std::vector<client_link*>& watchers, path_id path, watch_event::kind what);
    void
    add_result(const node_change& change, const tree& nodes, bool one_of_many, answer& reply) const;
    void finish_write(client_link* asker, const txn& done, answer&& reply);
    void answer_write(client_link& asker, const txn& done, answer&& reply);
    bool take_from_line(std::int64_t session, const origin& from);
    void forget_line(std::int64_t session);
    void go_on(std::int64_t session);

    server& home_;
    surroundings& around_;
    server_watches watches_;
    std::vector<client_link*> links_; // in the order in which they came
    std::unordered_map<std::uint64_t, client_link*> by_id_;
    // By session, whatever connection they came by: one that is resumed finds its writes in front
    // of it that are not committed. Source: CommitProcessor.pendingRequests.
    std::unordered_map<std::int64_t, ring<waiting_request>> waiting_;
    std::size_t in_flight_{0}; // of this server's clients
    std::size_t throttle_next_{0};
};

} // namespace paddock::simulation
