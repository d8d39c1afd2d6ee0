#pragma once

#include "test/simulation/alarm.hpp"
#include "test/simulation/quorum_role.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/simulation/txn_log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace paddock::simulation {

/// A server as follower: it logs what is proposed, applies what is committed, sends its clients'
/// writes on, and tells the leader whom it heard from only when the leader asks.
/// Source: Follower, Learner, LearnerSessionTracker, FollowerRequestProcessor.
class follower_role final : public quorum_role {
public:
    follower_role(surroundings& around, server& home, std::size_t leader);
    ~follower_role() override;

    void start();

    std::size_t leader() const override { return leader_; }
    bool leads() const override { return false; }
    bool serves() const override { return serving_; }

    bool touch(client_link& from) override;
    code check(std::int64_t /*session*/) override { return code::ok; } // only the leader knows
    void submit(std::unique_ptr<client_request> wanted) override;
    void submit_sync(const sync_request& wanted) override;
    void revalidate(client_link& from) override;
    void on_logged() override;
    void on_applied(const txn& /*done*/) override {}
    void on_message(peer_link& from, peer_message&& message) override;
    void on_link_closed(peer_link& link) override;

private:
    void connect();
    void keep_watch();
    void hand_on(peer_message&& wanted);
    void hand_on_all();

    void hear(const leader_info& said);
    void hear(history& said);
    void hear(const up_to_date& said);
    void hear(proposal& said);
    void hear(const commit& said);
    void hear(const leader_ping& said);
    void hear(const revalidate_answer& said);
    void hear(const synced& said);
    // What only leaders are told.
    template <typename Other>
    void hear(const Other& /*said*/)
    {
    }

    surroundings& around_;
    server& home_;
    const std::size_t leader_;
    peer_link* link_{nullptr};
    int attempts_{0};
    bool greeted_{false};
    bool serving_{false};
    std::uint32_t joining_{0}; // the epoch whose history is on its way to the disk; 0: none
    txn_log::position history_end_{0};
    std::int64_t committed_{0}; // as told before it serves
    time_point heard_{};
    std::vector<std::pair<std::int64_t, std::chrono::milliseconds>> touches_;
    std::uint64_t round_{1};             // of touches: the leader asks for them round by round
    std::vector<peer_message> requests_; // that a thread of its own has not sent on yet
    alarm silence_;
    alarm retry_;
    alarm handing_on_;
};

} // namespace paddock::simulation
