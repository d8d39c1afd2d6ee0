#pragma once

#include "test/simulation/network.hpp"
#include "test/simulation/ring.hpp"
#include "test/simulation/txn.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace paddock::simulation {

// ---- what a follower and its leader say to one another: QuorumPacket ------------------------

struct follower_info { ///< the first word of a follower
    std::size_t server{0};
    std::uint32_t accepted_epoch{0};
};
struct leader_info {
    std::uint32_t epoch{0};
};
struct epoch_ack {
    std::uint32_t current_epoch{0};
    bool counts{true}; ///< false: it had accepted this epoch before
    std::int64_t last_zxid{0};
};
/// DIFF, TRUNC and the proposals on their way in one, and NEWLEADER behind it.
struct history {
    std::uint32_t epoch{0};
    std::int64_t keep_until{0}; ///< what the follower has behind this the quorum never saw
    std::vector<txn_ptr> missing;
};
struct new_leader_ack {
    std::int64_t logged{0};
};
struct up_to_date {
    std::int64_t committed{0};
};
struct proposal {
    txn_ptr proposed;
};
struct log_ack { ///< for all up to this one
    std::int64_t logged{0};
};
struct commit { ///< of all up to this one
    std::int64_t zxid{0};
};
struct leader_ping {};
struct ping_reply {
    std::vector<std::pair<std::int64_t, std::chrono::milliseconds>> touches;
};
struct revalidate_request {
    std::int64_t session{0};
    std::chrono::milliseconds timeout{0};
    std::uint64_t connection{0};
};
struct revalidate_answer {
    std::uint64_t connection{0};
    bool valid{false};
};
struct sync_request {
    std::int64_t session{0};
    origin from;
};
struct synced {
    sync_request done;
};
using forwarded = std::unique_ptr<client_request>;

using peer_message = std::variant<follower_info,
                                  leader_info,
                                  epoch_ack,
                                  history,
                                  new_leader_ack,
                                  up_to_date,
                                  proposal,
                                  log_ack,
                                  commit,
                                  leader_ping,
                                  ping_reply,
                                  revalidate_request,
                                  revalidate_answer,
                                  sync_request,
                                  synced,
                                  forwarded>;

class peer_link;

/// One end of such a connection: what a server does as a leader or as a follower.
class peer_end {
public:
    virtual ~peer_end() = default;
    virtual void on_message(peer_link& from, peer_message&& message) = 0;
    virtual void on_link_closed(peer_link& link) = 0;
};

/// The connection of a follower, which opens it, to its leader.
class peer_link {
public:
    /// Whom the leader's server has listen; or it closes.
    using accepted = std::function<void(peer_link&)>;
    static std::shared_ptr<peer_link>
    open(network& net, host& follower, host& leader, peer_end& by, accepted accept);

    void listen(side at, peer_end& end);
    void send(side from, peer_message&& message);
    void close(side by);

    /// Neither end wants it and nothing is on its way.
    bool over() const;

private:
    void deliver(side to);
    void hand_over(side to);

    std::shared_ptr<connection> wire_;
    std::array<peer_end*, 2> ends_{};
    // Messages wait here and not in the event, so that an event is two words and costs no memory.
    std::array<ring<peer_message>, 2> sent_; // by sender
    std::array<std::size_t, 2> arrived_{};   // of those, in front of an end that listens later
};

} // namespace paddock::simulation
