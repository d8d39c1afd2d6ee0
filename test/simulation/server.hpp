#pragma once

#include "test/simulation/alarm.hpp"
#include "test/simulation/client_port.hpp"
#include "test/simulation/election.hpp"
#include "test/simulation/quorum_role.hpp"
#include "test/simulation/surroundings.hpp"
#include "test/simulation/tree.hpp"
#include "test/simulation/txn_log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace paddock::simulation {

class leader_role;

/// One server: what it keeps on disk, what it has applied, and the role it plays now.
/// Source: QuorumPeer.
class server final : public host {
public:
    server(surroundings& around, std::size_t index);
    ~server() override;

    std::size_t index() const noexcept { return index_; }

    void boot();   ///< reads its log and looks for a leader
    void crash();  ///< as kill -9
    void let_go(); ///< ends its role with the world; nothing happens here any more

    // --- roles -----------------------------------------------------------------------------
    void lead();
    void follow(std::size_t leader);
    /// Looks for a leader again as soon as what runs now has returned.
    void leave(const char* why);
    /// Null: it looks for a leader.
    quorum_role* role() const noexcept { return role_.get(); }
    leader_role* leading() const noexcept { return leading_; }
    const election& ballot() const noexcept { return election_; }
    bool serves() const { return role_ != nullptr && !leaving_ && role_->serves(); }
    /// A follower is at the door.
    void accept(peer_link& link);

    // --- log and tree ------------------------------------------------------------------------
    void append(txn_ptr proposed);
    void truncate(std::int64_t keep_until);
    void apply_until(std::int64_t zxid);
    /// A follower is told what is committed.
    void notice(std::int64_t committed);
    /// The next commit that it is told of stays unnoticed until anything else arrives here.
    void miss_next_commit() noexcept { misses_next_ = true; }
    void notice_missed();
    txn_log::position applied() const noexcept { return applied_; }
    void drop_log_until(txn_log::position end) { log_.drop_until(end); }
    const txn_log& log() const noexcept { return log_; }
    tree& nodes() noexcept { return nodes_; }
    client_port& clients() noexcept { return clients_; }

    /// Kept on disk, as their files are in ZooKeeper.
    std::uint32_t accepted_epoch{0};
    std::uint32_t current_epoch{0};
    nanoseconds sync_to_disk;

private:
    void settle() override;
    void look();
    void start_sync();
    void finish_sync();

    surroundings& around_;
    const std::size_t index_;
    txn_log log_;
    tree nodes_;
    txn_log::position applied_{0};
    client_port clients_;
    election election_;
    std::unique_ptr<quorum_role> role_;
    leader_role* leading_{nullptr};
    bool leaving_{false};
    bool misses_next_{false};
    std::int64_t missed_{0}; ///< zxid; 0: none
    bool syncing_{false};
    txn_log::position syncing_to_{0};
    alarm disk_;
};

} // namespace paddock::simulation
