#pragma once

#include "test/simulation/txn.hpp"

#include <cstdint>
#include <deque>

namespace paddock::simulation {

/// The transaction log of a server: what it has been proposed, in order, and how much of that would
/// survive its end.
class txn_log {
public:
    using position = std::uint64_t; ///< counts from the first transaction ever

    void append(txn_ptr proposed) { entries_.push_back(std::move(proposed)); }

    position begin() const noexcept { return dropped_; }
    position end() const noexcept { return dropped_ + entries_.size(); }
    const txn_ptr& at(position where) const { return entries_[where - dropped_]; }

    std::int64_t last_zxid() const noexcept
    {
        return entries_.empty() ? dropped_zxid_ : entries_.back()->zxid;
    }
    /// Behind the last entry that is not newer than `zxid`.
    position after(std::int64_t zxid) const;
    bool has(std::int64_t zxid) const;

    position synced() const noexcept { return synced_; }
    /// Of the last entry in front of a position.
    std::int64_t zxid_before(position where) const
    {
        return where <= dropped_ ? dropped_zxid_ : at(where - 1)->zxid;
    }
    std::int64_t synced_zxid() const { return zxid_before(synced_); }
    void set_synced(position end) noexcept { synced_ = end; }

    void truncate(position end);
    /// What the disk had not got is gone.
    void lose_unsynced() { truncate(synced_); }
    /// Drops what a snapshot has.
    void drop_until(position end);

private:
    std::deque<txn_ptr> entries_;
    position dropped_{0};
    std::int64_t dropped_zxid_{0};
    position synced_{0};
};

} // namespace paddock::simulation
