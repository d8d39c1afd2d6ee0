// The requests of a server's clients: which wait, which are answered at once, and what reads see.

#include "test/simulation/client_port.hpp"
#include "test/simulation/server.hpp"

#include <utility>

namespace paddock::simulation {

namespace {

// What keeps a session alive or ends it is never throttled.
bool may_be_throttled(op what)
{
    return what != op::ping && what != op::close_session && what != op::set_watches;
}

} // namespace

void client_port::on_request(client_link& from, request&& wanted)
{
    ++around_.figures.requests;
    home_.notice_missed();
    // No answer for a session that is closing: its connection ends with it (submitRequestNow).
    if (!from.established || !home_.serves() || !home_.role()->touch(from))
        return;
    auto refusal = reason_to_refuse(wanted);
    const auto what = wanted.body.what;
    // For the leader's own clients a sync is one more read: it knows nothing newer than its tree,
    // and asks nobody (CommitProcessor, matchSyncs).
    const bool goes_to_leader = what == op::sync && !home_.role()->leads();
    if (refusal == code::ok && (is_write(what) || goes_to_leader))
        return submit(from, std::move(wanted));
    if (refusal == code::ok)
        refusal = home_.role()->check(from.session);
    auto& line = waiting_[from.session];
    if (line.empty())
        return answer_read(from, wanted, refusal);
    // Replies come in the order of requests: what is read waits behind the session's writes.
    ++in_flight_;
    const origin reader{home_.index(), from.id, wanted.xid};
    line.push_back({reader, false, refusal, std::make_unique<request>(std::move(wanted))});
}

// A refused request keeps its turn, so it travels as a read.
code client_port::reason_to_refuse(const request& wanted)
{
    if (wanted.fail_with != code::ok)
        return wanted.fail_with;
    if (!may_be_throttled(wanted.body.what))
        return code::ok;
    if (throttle_next_ > 0) {
        --throttle_next_;
        return code::throttled;
    }
    const auto limit = around_.config.throttle_limit;
    return limit != 0 && in_flight_ >= limit ? code::throttled : code::ok;
}

void client_port::submit(client_link& from, request&& wanted)
{
    const origin sender{home_.index(), from.id, wanted.xid};
    const auto what = wanted.body.what;
    ++in_flight_;
    expect(from.session, sender);
    if (what == op::sync)
        return home_.role()->submit_sync({from.session, sender});
    auto write = std::make_unique<client_request>();
    write->session = from.session;
    write->from = sender;
    write->who = from.who;
    write->body = std::move(wanted);
    home_.role()->submit(std::move(write));
}

answer client_port::blank_answer(std::uint64_t xid)
{
    answer reply;
    reply.xid = xid;
    reply.zxid = home_.nodes().last_zxid();
    return reply;
}

void client_port::finish_sync(const sync_request& done)
{
    home_.notice_missed();
    if (!take_from_line(done.session, done.from))
        return;
    if (auto* const asker = find(done.from.connection))
        asker->send(blank_answer(done.from.xid));
    go_on(done.session);
}

// ---- turns ------------------------------------------------------------------------------------

void client_port::expect(std::int64_t session, const origin& from)
{
    waiting_[session].push_back({.from = from, .awaits_commit = true});
}

// Commits come in the order in which they were asked for, so it is the first or none.
bool client_port::take_from_line(std::int64_t session, const origin& from)
{
    const auto line = waiting_.find(session);
    if (line == waiting_.end() || line->second.empty() || line->second.front().from != from)
        return false;
    line->second.take_front();
    if (from.server == home_.index())
        --in_flight_;
    return true;
}

void client_port::forget_line(std::int64_t session)
{
    const auto line = waiting_.find(session);
    if (line == waiting_.end())
        return;
    for (std::size_t i = 0; i < line->second.size(); ++i) {
        if (line->second[i].from.server == home_.index())
            --in_flight_;
    }
    waiting_.erase(line);
}

void client_port::go_on(std::int64_t session)
{
    auto& line = waiting_[session];
    while (!line.empty() && !line.front().awaits_commit) {
        const auto next = line.take_front();
        --in_flight_;
        if (auto* const asker = find(next.from.connection))
            answer_read(*asker, *next.read, next.fail_with);
    }
}

void client_port::answer_read(client_link& from, const request& wanted, code refusal)
{
    // A session that moved costs the connection, and is told nothing more: not even how far this
    // server is, which would hide changes that it was not told of (FinalRequestProcessor).
    if (refusal == code::session_moved && wanted.fail_with == code::ok)
        return drop(from);
    auto reply = blank_answer(wanted.xid);
    reply.result = refusal;
    if (refusal == code::ok)
        read(from, wanted, reply);
    from.send(std::move(reply));
}

void client_port::read(client_link& from, const request& wanted, answer& reply)
{
    const auto path = around_.paths.find(wanted.body.path);
    const auto* const node = home_.nodes().find(path);
    switch (wanted.body.what) {
    case op::ping:
    case op::sync:
        return;
    case op::set_watches:
        return set_watches(from, wanted);
    case op::unwatch:
        // A watch that has fired, or never was, is as good as removed: NoWatcherException has no
        // code here because no client would do anything else about it.
        watches_.remove(path, watch_kind::data, from);
        return watches_.remove(path, watch_kind::children, from);
    case op::children:
        return list(wanted, from, reply);
    case op::get:
    case op::exists:
        break;
    default:
        reply.result = code::unimplemented;
        return;
    }
    if (node == nullptr) {
        reply.result = code::no_node;
        return;
    }
    const bool reads_data = wanted.body.what == op::get; // a stat is free for all to see
    if (reads_data && !around_.credentials.allows(node->acl, from.who)) {
        reply.result = code::no_auth;
        return;
    }
    reply.stat = tree::stat_of(*node);
    if (reads_data && wanted.watch)
        watches_.add(path, watch_kind::data, from);
}

void client_port::list(const request& wanted, client_link& from, answer& reply)
{
    const auto& nodes = home_.nodes();
    const auto path = around_.paths.find(wanted.body.path);
    const auto* const node = nodes.find(path);
    if (node == nullptr) {
        reply.result = code::no_node;
        return;
    }
    if (!around_.credentials.allows(node->acl, from.who)) {
        reply.result = code::no_auth;
        return;
    }
    reply.stat = tree::stat_of(*node);
    reply.names.reserve(static_cast<std::size_t>(node->children));
    for (const auto child : nodes.children(*node))
        reply.names.emplace_back(around_.paths.name(child));
    if (wanted.watch)
        watches_.add(path, watch_kind::children, from);
}

// DataTree.setWatches: what changed while the client was away is told at once.
void client_port::set_watches(client_link& from, const request& wanted)
{
    using kind = watch_event::kind;
    const auto set = [&](const std::string& text, watch_kind which, kind missed) {
        const auto path = around_.paths.find(text);
        const auto* const node = home_.nodes().find(path);
        const bool of_data = which == watch_kind::data;
        const auto changed = node == nullptr ? 0 : of_data ? node->mzxid : node->pzxid;
        if (node != nullptr && changed <= wanted.last_zxid) {
            watches_.add(path, which, from);
            return;
        }
        ++around_.figures.watches_fired;
        from.send(watch_event{text, node == nullptr ? kind::deleted : missed});
    };
    for (const auto& text : wanted.paths)
        set(text, watch_kind::data, kind::changed);
    for (const auto& text : wanted.parents)
        set(text, watch_kind::children, kind::children);
}

} // namespace paddock::simulation
