#include "test/simulation/client_port.hpp"

#include "test/simulation/server.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {

namespace {

// Every server can compute it, as ZooKeeperServer.generatePasswd can.
std::uint64_t password_of(std::int64_t session)
{
    auto mixed = static_cast<std::uint64_t>(session) + 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    return mixed ^ (mixed >> 31);
}

} // namespace

// ---- connections ------------------------------------------------------------------------------

void client_port::on_accept(client_link& from)
{
    links_.push_back(&from);
    by_id_.emplace(from.id, &from);
    if (!home_.serves())
        drop(from); // "ZooKeeperServer not running"
}

void client_port::on_client_gone(client_link& from)
{
    drop(from);
}

client_link* client_port::find(std::uint64_t connection) const
{
    const auto found = by_id_.find(connection);
    return found == by_id_.end() ? nullptr : found->second;
}

void client_port::drop(client_link& link)
{
    watches_.remove_all(link);
    std::erase(links_, &link);
    by_id_.erase(link.id);
    link.close();
}

void client_port::close_all()
{
    watches_.clear();
    by_id_.clear();
    waiting_.clear();
    in_flight_ = 0;
    for (auto* const link : std::exchange(links_, {})) {
        link->watched.clear();
        link->close();
    }
}

void client_port::close_sessions_links(std::int64_t session, const client_link* but)
{
    for (auto* const link : std::vector<client_link*>(links_)) {
        if (link->session == session && link != but)
            drop(*link);
    }
}

// ---- sessions ---------------------------------------------------------------------------------

void client_port::on_hello(client_link& from)
{
    const auto& config = around_.config;
    if (from.hello.last_zxid > home_.nodes().last_zxid())
        return drop(from); // the client has seen more than this server
    from.refused = std::any_of(
        from.hello.auth.begin(), from.hello.auth.end(), [&](const detail::credentials& shown) {
            return !config.accepted_secret.empty() && shown.secret != config.accepted_secret;
        });
    from.who = around_.credentials.intern(from.hello.auth);
    from.timeout = std::clamp<std::chrono::milliseconds>(from.hello.timeout,
                                                         config.tick * config.min_timeout_ticks,
                                                         config.tick * config.max_timeout_ticks);
    if (from.hello.session_id == 0)
        return open_session(from);
    if (std::exchange(around_.replace_next_session, false))
        return open_session(from);
    resume_session(from);
}

void client_port::open_session(client_link& from)
{
    // The first byte says where, as in SessionTrackerImpl.initializeNextSessionId.
    from.session = (static_cast<std::int64_t>(home_.index() + 1) << 56) + ++around_.last_session;
    home_.role()->touch(from);
    auto wanted = std::make_unique<client_request>();
    wanted->session = from.session;
    wanted->from = {home_.index(), from.id, 0};
    wanted->timeout = from.timeout;
    wanted->opens_session = true;
    home_.role()->submit(std::move(wanted));
}

void client_port::resume_session(client_link& from)
{
    const auto session = from.hello.session_id;
    close_sessions_links(session, &from); // "CLIENT_RECONNECT"
    from.session = session;
    if (from.hello.password != password_of(session))
        return refuse_session(from);
    home_.role()->revalidate(from);
}

void client_port::refuse_session(client_link& from)
{
    from.send(connect_answer{});
    drop(from);
}

void client_port::finish_hello(std::uint64_t connection, bool valid)
{
    auto* const link = find(connection);
    if (link == nullptr)
        return;
    if (!valid)
        return refuse_session(*link);
    establish(*link);
}

void client_port::establish(client_link& from)
{
    from.established = true;
    from.send(connect_answer{from.session, password_of(from.session), from.timeout, false});
    if (!from.refused)
        return;
    // Credentials come behind the handshake: the session exists by then, and is left to expire.
    from.send(connect_answer{.auth_refused = true});
    drop(from);
}

// ---- transactions -----------------------------------------------------------------------------

void client_port::apply(const txn& done, tree& nodes)
{
    auto* const asker = done.from.server == home_.index() ? find(done.from.connection) : nullptr;
    answer reply;
    for (const auto& change : done.changes) {
        nodes.apply(change, done);
        fire(change);
        if (asker != nullptr)
            add_result(change, nodes, done.what == txn_kind::multi, reply);
    }
    nodes.finish(done);
    if (done.what == txn_kind::close_session)
        close_sessions_links(done.session, asker);
    finish_write(asker, done, std::move(reply));
    if (done.what == txn_kind::close_session)
        forget_line(done.session);
}

// The event goes out before the answer of whatever is read afterwards. Source: DataTree.
void client_port::fire(const node_change& change)
{
    using kind = watch_event::kind;
    if (change.what == change_kind::set_data)
        tell(watches_.take(change.path, watch_kind::data), change.path, kind::changed);
    const bool deleted = change.what == change_kind::remove;
    if (deleted) {
        auto watchers = watches_.take(change.path, watch_kind::data);
        change.woken += static_cast<std::uint32_t>(watchers.size());
        auto& most = around_.figures.woken_by_one_max;
        most = std::max<std::uint64_t>(most, change.woken);
        for (auto* const each : watches_.take(change.path, watch_kind::children)) {
            if (std::find(watchers.begin(), watchers.end(), each) == watchers.end())
                watchers.push_back(each);
        }
        tell(watchers, change.path, kind::deleted);
    }
    if (deleted || change.what == change_kind::create) {
        const auto above = around_.paths.parent(change.path);
        tell(watches_.take(above, watch_kind::children), above, kind::children);
    }
}

void client_port::tell(const std::vector<client_link*>& watchers,
                       path_id path,
                       watch_event::kind what)
{
    for (auto* const each : watchers) {
        each->send(watch_event{around_.paths.text(path), what});
        ++around_.figures.watches_fired;
    }
}

void client_port::add_result(const node_change& change,
                             const tree& nodes,
                             bool one_of_many,
                             answer& reply) const
{
    const auto* const node = nodes.find(change.path);
    const auto stat = node == nullptr ? detail::node_stat{} : tree::stat_of(*node);
    const bool created = change.what == change_kind::create;
    if (!one_of_many) {
        reply.stat = stat;
        if (created)
            reply.path = around_.paths.text(change.path);
        return;
    }
    reply.transaction.results.push_back(
        {.name = created ? std::string(around_.paths.name(change.path)) : "", .stat = stat});
}

// Also one whose connection is gone lets those behind it go on.
void client_port::finish_write(client_link* asker, const txn& done, answer&& reply)
{
    if (done.what == txn_kind::open_session) {
        if (asker != nullptr)
            establish(*asker);
    } else if (take_from_line(done.session, done.from)) {
        if (asker != nullptr)
            answer_write(*asker, done, std::move(reply));
        go_on(done.session);
    }
}

void client_port::answer_write(client_link& asker, const txn& done, answer&& reply)
{
    if (done.result == code::session_moved)
        return drop(asker); // as answer_read()
    reply.xid = done.from.xid;
    reply.zxid = done.zxid;
    reply.result = done.result;
    if (done.result != code::ok)
        reply.transaction.failed = done.failed;
    asker.send(std::move(reply));
    if (done.what == txn_kind::close_session)
        drop(asker);
}

} // namespace paddock::simulation
