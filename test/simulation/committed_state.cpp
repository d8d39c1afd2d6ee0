#include "test/simulation/committed_state.hpp"

#include <stdexcept>

namespace paddock::simulation {

committed_state::committed_state(const path_table& paths, ensemble::figures& figures)
    : paths_(paths), figures_(figures), nodes_(paths)
{
}

void committed_state::catch_up(const txn_log& log)
{
    if (!log.has(nodes_.last_zxid()))
        throw std::logic_error("a new leader does not have what a quorum committed");
    for (auto at = log.after(nodes_.last_zxid()); at < log.end(); ++at)
        apply(*log.at(at));
}

void committed_state::apply(const txn& done)
{
    // An old leader may find its quorum late, by words that were long on their way: whoever spoke
    // them had this in its log when it elected the new leader, so it has been committed since.
    if (done.zxid <= nodes_.last_zxid())
        return;
    ++figures_.commits;
    if (done.what == txn_kind::open_session)
        ++figures_.sessions_opened;
    if (done.expired)
        ++figures_.sessions_expired;
    if (done.container_check && done.result == code::ok)
        ++figures_.containers_reaped;
    for (const auto& change : done.changes)
        tell(change, done);
    nodes_.finish(done);
}

void committed_state::tell(const node_change& change, const txn& done)
{
    const bool created = change.what == change_kind::create;
    if (!created && change.what != change_kind::remove)
        return nodes_.apply(change, done);
    ensemble::change told{{}, created, done.zxid, change.owner, done.session};
    if (!created) {
        const auto* const node = nodes_.find(change.path);
        if (node == nullptr)
            return;
        told.czxid = node->czxid;
        told.ephemeral_owner = node->owner;
    }
    if (told.ephemeral_owner == container_owner)
        told.ephemeral_owner = 0;
    const bool foreign = told.ephemeral_owner != 0 && told.ephemeral_owner != done.session;
    if (!created && foreign && done.session != 0)
        ++figures_.foreign_deletes;
    nodes_.apply(change, done);
    if (on_change == nullptr || !*on_change)
        return;
    told.path = paths_.text(change.path);
    (*on_change)(told);
}

} // namespace paddock::simulation
