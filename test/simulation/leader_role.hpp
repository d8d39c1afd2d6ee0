#pragma once

#include "test/simulation/alarm.hpp"
#include "test/simulation/preparation.hpp"
#include "test/simulation/quorum_role.hpp"
#include "test/simulation/session_tracker.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/simulation/txn_log.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace paddock::simulation {

/// What the leader knows of one follower.
/// Source: LearnerHandler.
struct learner {
    enum class phase { greeting, told_epoch, agreed, syncing, synced };

    learner(peer_link& over, session_owner as) : link(over), owner(as) {}

    peer_link& link;
    const session_owner owner; ///< of the sessions whose requests come through it
    std::size_t server{0};
    phase stands{phase::greeting};
    std::uint32_t accepted_epoch{0};
    std::int64_t last_zxid{0}; ///< of its log when it came
    std::int64_t logged{0};
    bool counts{true};   ///< its word on the new epoch does
    int answer_until{0}; ///< the tick after which it is not counted any more
    time_point heard;
    std::optional<time_point> owes_since; ///< a proposal went out and was not acknowledged
};

/// A server as leader: discovery, synchronization, then proposals until its quorum is gone.
/// Source: Leader, PrepRequestProcessor, ProposalRequestProcessor.
class leader_role final : public quorum_role {
public:
    leader_role(surroundings& around, server& home);
    ~leader_role() override;

    void start();
    void accept(peer_link& link);

    std::size_t leader() const override;
    bool leads() const override { return true; }
    bool serves() const override { return serving_; }
    std::uint32_t epoch() const noexcept { return epoch_; }

    bool touch(client_link& from) override;
    code check(std::int64_t session) override;
    void submit(std::unique_ptr<client_request> wanted) override;
    void submit_sync(const sync_request& /*wanted*/) override {}
    void revalidate(client_link& from) override;
    void on_logged() override;
    void on_applied(const txn& done) override;
    void on_message(peer_link& from, peer_message&& message) override;
    void on_link_closed(peer_link& link) override;

    /// From when on the session may be expired; empty: it is unknown or being closed.
    std::optional<time_point> earliest_expiry(std::int64_t session) const
    {
        return sessions_.earliest_expiry(session);
    }

    // --- what operators and tests do -------------------------------------------------------
    void expire(std::int64_t session);
    void reap_containers();
    void submit_by_operator(operation wanted);
    void set_next_sequence(path_id parent, std::int32_t next);

private:
    // --- becoming leader (leader_start.cpp) ------------------------------------------------
    void hear(learner& from, const follower_info& said);
    void hear(learner& from, const epoch_ack& said);
    void hear(learner& from, const new_leader_ack& said);
    void found_epoch();
    void agree_on_epoch();
    void bring_up_to_date(learner& late);
    void start_serving();
    void admit(learner& synced);
    template <typename Condition>
    std::size_t count_if(Condition condition) const;
    std::size_t count_from(learner::phase least) const;

    // --- leading ---------------------------------------------------------------------------
    void hear(learner& from, const log_ack& said);
    void hear(learner& from, ping_reply& said);
    void hear(learner& from, const revalidate_request& said);
    void hear(learner& from, const sync_request& said);
    void hear(learner& from, forwarded& said);
    // What only followers are told.
    template <typename Other>
    void hear(learner& /*from*/, const Other& /*said*/)
    {
    }

    void accept_write(const client_request& wanted, session_owner owner);
    code standing_of(std::int64_t session, session_owner owner);
    std::shared_ptr<txn> next_txn(std::int64_t session);
    void propose(std::shared_ptr<txn> made);
    void propose_close(std::int64_t session, bool expired);
    void advance();
    void commit_until(std::int64_t zxid);
    void commit_together(std::int64_t zxid);
    learner* find(const peer_link& link);
    void drop(learner& gone);

    // --- time ------------------------------------------------------------------------------
    void beat();
    bool overdue(const learner& of) const;
    void expect_expiry();

    struct waiting_sync {
        std::int64_t zxid;
        sync_request wanted;
        peer_link* through;
    };

    surroundings& around_;
    server& home_;
    std::vector<std::unique_ptr<learner>> learners_;
    std::uint32_t epoch_{0};
    bool agreed_{false};
    bool serving_{false};
    std::int64_t last_zxid_{0};
    txn_log::position committed_{0};
    std::deque<waiting_sync> syncs_;
    std::vector<std::int64_t> logged_; // by each server, kept for its memory
    preparation preparation_;
    session_tracker sessions_;
    session_owner last_owner_;
    int tick_{0};
    bool half_tick_{true};
    alarm beat_;
    alarm expiry_;
    alarm reaper_;
    alarm patience_;
};

} // namespace paddock::simulation
