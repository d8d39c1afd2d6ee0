#include "test/simulation/tree.hpp"

#include <algorithm>

namespace paddock::simulation {

tree::tree(const path_table& paths) : paths_(&paths)
{
    nodes_.resize(2); // 0 is none, 1 the root
    nodes_[1].path = path_table::root;
    slots_ = {0, 1};
}

detail::node_stat tree::stat_of(const znode& node)
{
    // As DataNode.copyStat, clients are told of no owner that is none.
    const auto owner = node.owner == container_owner ? 0 : node.owner;
    const auto bytes = node.data ? static_cast<std::int32_t>(node.data->size()) : 0;
    return {node.czxid, node.mzxid, owner, node.version, node.children, bytes};
}

std::vector<path_id> tree::children(const znode& node) const
{
    std::vector<path_id> found;
    found.reserve(static_cast<std::size_t>(node.children));
    for (auto at = node.first_child; at != 0; at = nodes_[at].next)
        found.push_back(nodes_[at].path);
    std::sort(found.begin(), found.end(), [this](path_id a, path_id b) {
        const auto first = paths_->listing_order(a);
        const auto second = paths_->listing_order(b);
        return first != second ? first < second : a < b;
    });
    return found;
}

std::vector<path_id> tree::owned_by(std::int64_t owner) const
{
    std::vector<path_id> found;
    const auto known = sessions_.find(owner);
    if (known == sessions_.end())
        return found;
    for (auto at = known->second.first_owned; at != 0; at = nodes_[at].next_owned)
        found.push_back(nodes_[at].path);
    return found;
}

// Those that had children once and have none: a container that was never used stays, up to 3.9.
std::vector<path_id> tree::empty_containers() const
{
    std::vector<path_id> found;
    for (const auto& node : nodes_) {
        if (node.owner == container_owner && node.children == 0 && node.sequence > 0)
            found.push_back(node.path);
    }
    return found;
}

std::vector<std::pair<std::int64_t, std::chrono::milliseconds>> tree::sessions() const
{
    std::vector<std::pair<std::int64_t, std::chrono::milliseconds>> all;
    for (const auto& [id, known] : sessions_)
        all.emplace_back(id, known.timeout);
    std::sort(all.begin(), all.end());
    return all;
}

void tree::apply(const txn& done)
{
    for (const auto& change : done.changes)
        apply(change, done);
    finish(done);
}

void tree::apply(const node_change& change, const txn& done)
{
    if (change.what == change_kind::create)
        return create(change, done.zxid);
    if (change.what == change_kind::remove)
        return remove(change.path, done.zxid);
    const auto slot = change.path < slots_.size() ? slots_[change.path] : 0;
    if (slot == 0)
        return;
    auto& node = nodes_[slot];
    if (change.what == change_kind::set_data) {
        node.data = change.data;
        node.mzxid = done.zxid;
        ++node.version;
    } else if (change.what == change_kind::set_sequence) {
        node.sequence = change.sequence;
    }
}

void tree::finish(const txn& done)
{
    last_zxid_ = done.zxid;
    if (done.what == txn_kind::open_session)
        sessions_[done.session].timeout = done.timeout;
    else if (done.what == txn_kind::close_session)
        sessions_.erase(done.session);
}

slot_id tree::take_slot(path_id path)
{
    slot_id at = 0;
    if (free_.empty()) {
        at = static_cast<slot_id>(nodes_.size());
        nodes_.emplace_back();
    } else {
        at = free_.back();
        free_.pop_back();
    }
    if (slots_.size() <= path)
        slots_.resize(std::max<std::size_t>(path + 1U, paths_->size()));
    slots_[path] = at;
    return at;
}

void tree::create(const node_change& change, std::int64_t zxid)
{
    const auto above = slots_[paths_->parent(change.path)];
    const auto at = take_slot(change.path);
    auto& node = nodes_[at];
    node.path = change.path;
    node.acl = change.acl;
    node.czxid = zxid;
    node.mzxid = zxid;
    node.pzxid = zxid;
    node.owner = change.owner;
    node.data = change.data;
    node.parent = above;
    auto& parent = nodes_[above];
    node.next = parent.first_child;
    if (node.next != 0)
        nodes_[node.next].previous = at;
    parent.first_child = at;
    ++parent.children;
    parent.pzxid = zxid;
    // The counter is only ever raised: past 2147483647 it stays there (DataTree.createNode).
    parent.sequence = std::max(parent.sequence, change.sequence);
    if (node.owner != 0 && node.owner != container_owner)
        chain_owned(at);
}

void tree::remove(path_id path, std::int64_t zxid)
{
    const auto at = path < slots_.size() ? slots_[path] : 0;
    if (at == 0)
        return;
    auto& node = nodes_[at];
    auto& parent = nodes_[node.parent];
    if (node.previous != 0)
        nodes_[node.previous].next = node.next;
    else
        parent.first_child = node.next;
    if (node.next != 0)
        nodes_[node.next].previous = node.previous;
    --parent.children;
    parent.pzxid = zxid;
    if (node.owner != 0 && node.owner != container_owner)
        unchain_owned(node);
    node = znode{};
    slots_[path] = 0;
    free_.push_back(at);
}

void tree::chain_owned(slot_id at)
{
    auto& node = nodes_[at];
    auto& first = sessions_[node.owner].first_owned;
    node.next_owned = first;
    if (first != 0)
        nodes_[first].previous_owned = at;
    first = at;
}

void tree::unchain_owned(const znode& node)
{
    if (node.previous_owned != 0)
        nodes_[node.previous_owned].next_owned = node.next_owned;
    else
        sessions_[node.owner].first_owned = node.next_owned;
    if (node.next_owned != 0)
        nodes_[node.next_owned].previous_owned = node.previous_owned;
}

} // namespace paddock::simulation
