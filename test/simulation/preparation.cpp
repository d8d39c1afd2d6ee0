#include "test/simulation/preparation.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace paddock::simulation {

void preparation::prepare(const client_request& wanted, txn& made)
{
    const auto& body = wanted.body;
    if (body.body.what != op::multi) {
        made.result = prepare_one(body.body, wanted, made);
    } else {
        made.what = txn_kind::multi;
        const auto before = outstanding_.size();
        made.changes.reserve(body.ops.size());
        for (std::size_t i = 0; i < body.ops.size() && made.result == code::ok; ++i) {
            made.result = prepare_one(body.ops[i], wanted, made);
            made.failed = i;
        }
        if (made.result != code::ok)
            roll_back(before);
    }
    if (made.result == code::ok)
        return;
    made.what = txn_kind::error;
    made.changes.clear();
}

code preparation::prepare_one(const operation& wanted, const client_request& asked, txn& made)
{
    switch (wanted.what) {
    case op::create:
        return prepare_create(wanted, asked, made);
    case op::remove:
        return prepare_remove(wanted, asked, made);
    case op::set_data:
    case op::check:
        return prepare_on_node(wanted, asked, made);
    default:
        return code::unimplemented;
    }
}

// pRequest2TxnCreate. The number that a sequential node gets is the parent's counter as the
// outstanding creates leave it: with one create in flight it freezes at 2147483647, with several
// the record wraps around and the number turns negative.
code preparation::prepare_create(const operation& wanted, const client_request& asked, txn& made)
{
    const auto slash = wanted.path.rfind('/');
    if (slash == std::string::npos)
        return code::bad_arguments;
    const auto above =
        slash == 0 ? path_table::root : paths_.find(std::string_view(wanted.path).substr(0, slash));
    // An ACL for the creator's credentials, and none were shown: InvalidACLException, which has no
    // code of its own here.
    if (wanted.creator_all_acl && asked.who == 0)
        return code::bad_arguments;
    const bool sequential = wanted.mode == detail::create_mode::ephemeral_sequential;
    auto parent = look_up(above);
    if (!parent.exists)
        return !sequential && paths_.intern(wanted.path) == 0 ? code::bad_arguments : code::no_node;
    if (!credentials_.allows(parent.acl, asked.who))
        return code::no_auth;

    path_id path = 0;
    if (sequential) {
        char digits[16];
        std::snprintf(digits, sizeof digits, "%010d", static_cast<int>(parent.sequence));
        path = paths_.intern(wanted.path + digits);
    } else {
        path = paths_.intern(wanted.path);
    }
    if (path == 0)
        return code::bad_arguments;
    if (look_up(path).exists)
        return code::node_exists;
    if (parent.owner != 0 && parent.owner != container_owner)
        return code::no_children_for_ephemerals;

    node_change change{.what = change_kind::create, .path = path};
    if (wanted.mode == detail::create_mode::container)
        change.owner = container_owner;
    else if (sequential)
        change.owner = asked.session;
    parent.sequence =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(parent.sequence) + 1U); // wraps
    ++parent.children;
    change.sequence = parent.sequence;
    change.acl = wanted.creator_all_acl ? asked.who : 0;
    if (!wanted.data.empty())
        change.data = std::make_shared<const std::string>(wanted.data);
    put(above, parent, made.zxid);
    put(path, {.exists = true, .acl = change.acl, .owner = change.owner}, made.zxid);
    made.changes.push_back(std::move(change));
    return code::ok;
}

code preparation::prepare_remove(const operation& wanted, const client_request& asked, txn& made)
{
    if (wanted.path.size() < 2 || wanted.path.front() != '/')
        return code::bad_arguments;
    const auto path = paths_.find(wanted.path);
    if (path == 0)
        return code::no_node;
    const auto parent = look_up(paths_.parent(path));
    if (!parent.exists)
        return code::no_node;
    if (!credentials_.allows(parent.acl, asked.who))
        return code::no_auth;
    const auto node = look_up(path);
    if (!node.exists)
        return code::no_node;
    if (wanted.version != -1 && wanted.version != node.version)
        return code::bad_version;
    if (node.children > 0)
        return code::not_empty;
    take_away(path, made);
    return code::ok;
}

code preparation::prepare_on_node(const operation& wanted, const client_request& asked, txn& made)
{
    const auto path = paths_.find(wanted.path);
    auto node = look_up(path);
    if (!node.exists)
        return code::no_node;
    const bool may_write = wanted.what != op::set_data || credentials_.may_write(path);
    if (!credentials_.allows(node.acl, asked.who) || !may_write)
        return code::no_auth;
    if (wanted.version != -1 && wanted.version != node.version)
        return code::bad_version;
    node_change change{.what = change_kind::check, .path = path};
    if (wanted.what == op::set_data) {
        change.what = change_kind::set_data;
        change.data = std::make_shared<const std::string>(wanted.data);
        ++node.version;
        put(path, node, made.zxid);
    }
    made.changes.push_back(std::move(change));
    return code::ok;
}

void preparation::take_away(path_id path, txn& made)
{
    const auto above = paths_.parent(path);
    auto parent = look_up(above);
    --parent.children;
    put(above, parent, made.zxid);
    put(path, {}, made.zxid);
    made.changes.push_back({.what = change_kind::remove, .path = path});
}

void preparation::prepare_close(std::int64_t session, txn& made)
{
    made.what = txn_kind::close_session;
    for (const auto path : tree_.owned_by(session)) {
        const auto node = look_up(path);
        if (node.exists && node.owner == session)
            take_away(path, made);
    }
    const auto end = outstanding_.size(); // what is taken away adds behind
    for (std::size_t i = 0; i < end; ++i) {
        const auto path = outstanding_[i].path;
        const auto node = look_up(path);
        if (node.exists && node.owner == session)
            take_away(path, made);
    }
}

void preparation::prepare_reaping(path_id container, txn& made)
{
    made.container_check = true;
    const auto node = look_up(container);
    if (!node.exists)
        made.result = code::no_node;
    else if (node.children > 0)
        made.result = code::not_empty;
    if (made.result == code::ok)
        return take_away(container, made);
    made.what = txn_kind::error;
}

void preparation::prepare_sequence(path_id parent, std::int32_t next, txn& made)
{
    auto node = look_up(parent);
    if (!node.exists || node.sequence < 0) { // one that is worn out stays so
        made.what = txn_kind::error;
        made.result = code::no_node;
        return;
    }
    next = std::max(next, node.sequence); // a counter never goes back
    node.sequence = next;
    put(parent, node, made.zxid);
    made.changes.push_back({.what = change_kind::set_sequence, .path = parent, .sequence = next});
}

// ---- records --------------------------------------------------------------------------------

preparation::record preparation::look_up(path_id path) const
{
    const auto number = path < newest_.size() ? newest_[path] : 0;
    if (number != 0)
        return outstanding_[number - forgotten_ - 1].now;
    const auto* const node = path == 0 ? nullptr : tree_.find(path);
    if (node == nullptr)
        return {};
    return {true, node->acl, node->owner, node->version, node->sequence, node->children};
}

void preparation::put(path_id path, const record& now, std::int64_t zxid)
{
    if (newest_.size() <= path)
        newest_.resize(paths_.size());
    outstanding_.push_back({zxid, path, newest_[path], now});
    newest_[path] = forgotten_ + outstanding_.size();
}

void preparation::roll_back(std::size_t size)
{
    while (outstanding_.size() > size) {
        newest_[outstanding_.back().path] = outstanding_.back().before;
        outstanding_.pop_back();
    }
}

void preparation::forget_until(std::int64_t zxid)
{
    while (!outstanding_.empty() && outstanding_.front().zxid <= zxid) {
        ++forgotten_;
        auto& newest = newest_[outstanding_.front().path];
        if (newest == forgotten_)
            newest = 0;
        outstanding_.take_front();
    }
}

} // namespace paddock::simulation
