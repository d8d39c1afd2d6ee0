#pragma once

#include "test/simulation/path_table.hpp"
#include "test/simulation/txn.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace paddock::simulation {

using slot_id = std::uint32_t; ///< 0: none

/// One znode. Siblings and the nodes of one session are chained, so that no change allocates.
struct znode {
    path_id path{0};
    identity acl{0};
    std::int64_t czxid{0};
    std::int64_t mzxid{0};
    std::int64_t pzxid{0}; ///< of the last change of its children
    std::int64_t owner{0};
    std::int32_t version{0};
    std::int32_t sequence{0}; ///< how many children were ever created: the persisted cversion
    std::int32_t children{0};
    slot_id parent{0};
    slot_id first_child{0};
    slot_id next{0};
    slot_id previous{0};
    slot_id next_owned{0};
    slot_id previous_owned{0};
    std::shared_ptr<const std::string> data;
};

/// The znodes and sessions of one server, after the transactions it has applied.
/// Source: DataTree and ZKDatabase.
class tree {
public:
    explicit tree(const path_table& paths);

    const znode* find(path_id path) const
    {
        const auto slot = path < slots_.size() ? slots_[path] : 0;
        return slot == 0 ? nullptr : &nodes_[slot];
    }
    static detail::node_stat stat_of(const znode& node);
    /// In a server's order, which is not sorted.
    std::vector<path_id> children(const znode& node) const;
    std::vector<path_id> owned_by(std::int64_t owner) const;
    std::vector<path_id> empty_containers() const;

    void apply(const txn& done);
    /// Applies one of its changes; `apply` is this for each, and then `finish`.
    void apply(const node_change& change, const txn& done);
    void finish(const txn& done);

    std::int64_t last_zxid() const noexcept { return last_zxid_; }
    void set_last_zxid(std::int64_t zxid) noexcept { last_zxid_ = zxid; }
    std::size_t session_count() const noexcept { return sessions_.size(); }
    /// By id, so that whoever goes through them does it in one order.
    std::vector<std::pair<std::int64_t, std::chrono::milliseconds>> sessions() const;

private:
    struct session {
        std::chrono::milliseconds timeout{0};
        slot_id first_owned{0};
    };

    void create(const node_change& change, std::int64_t zxid);
    void remove(path_id path, std::int64_t zxid);
    slot_id take_slot(path_id path);
    void chain_owned(slot_id at);
    void unchain_owned(const znode& node);

    const path_table* paths_;
    std::vector<znode> nodes_;
    std::vector<slot_id> free_;
    std::vector<slot_id> slots_; // by path
    std::unordered_map<std::int64_t, session> sessions_;
    std::int64_t last_zxid_{0};
};

} // namespace paddock::simulation
