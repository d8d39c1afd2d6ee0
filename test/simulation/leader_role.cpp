#include "test/simulation/leader_role.hpp"

#include "test/simulation/server.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace paddock::simulation {

namespace {

constexpr session_owner own_clients = 1; // ServerCnxn.me: one for all of them

nanoseconds random_phase(surroundings& around)
{
    return around.where.chance().between(0ns, around.config.tick - 1ns);
}

std::int64_t random_drift(surroundings& around)
{
    const auto most = around.config.drift_ppm_max;
    return most == 0 ? 0 : around.where.chance().up_to(most);
}

} // namespace

leader_role::leader_role(surroundings& around, server& home)
    : around_(around), home_(home), preparation_(around.paths, around.credentials, home.nodes()),
      // In braces: what is drawn for it is drawn in this order by every compiler.
      sessions_{around.config.tick, random_phase(around), random_drift(around)},
      last_owner_(own_clients), beat_(around.where, home), expiry_(around.where, home),
      reaper_(around.where, home), patience_(around.where, home)
{
}

leader_role::~leader_role()
{
    for (const auto& one : learners_)
        one->link.close(side::accepter);
}

// Servers, not connections: one that left and came back may have two here for a while.
template <typename Condition>
std::size_t leader_role::count_if(Condition condition) const
{
    auto counted = std::uint64_t{1} << home_.index();
    for (const auto& one : learners_) {
        if (condition(*one))
            counted |= std::uint64_t{1} << one->server;
    }
    return static_cast<std::size_t>(std::popcount(counted));
}

std::size_t leader_role::count_from(learner::phase least) const
{
    return count_if([&](const learner& one) { return one.stands >= least && one.counts; });
}

std::size_t leader_role::leader() const
{
    return home_.index();
}

// ---- followers ----------------------------------------------------------------------------------

learner* leader_role::find(const peer_link& link)
{
    for (const auto& one : learners_) {
        if (&one->link == &link)
            return one.get();
    }
    return nullptr;
}

void leader_role::drop(learner& gone)
{
    std::erase_if(syncs_, [&](const waiting_sync& one) { return one.through == &gone.link; });
    gone.link.close(side::accepter);
    std::erase_if(learners_, [&](const auto& one) { return one.get() == &gone; });
}

void leader_role::on_link_closed(peer_link& link)
{
    if (auto* const gone = find(link))
        drop(*gone);
}

void leader_role::on_message(peer_link& from, peer_message&& message)
{
    auto* const sender = find(from);
    if (sender == nullptr)
        return;
    sender->heard = around_.where.now();
    sender->answer_until = tick_ + around_.config.sync_limit;
    std::visit([&](auto& said) { hear(*sender, said); }, message);
}

void leader_role::hear(learner& from, ping_reply& said)
{
    for (const auto& [session, timeout] : said.touches)
        sessions_.touch(session, timeout, from.heard);
}

// The reconnect of a session touches it at once, and moves it (LearnerHandler, REVALIDATE).
void leader_role::hear(learner& from, const revalidate_request& said)
{
    const bool valid = sessions_.touch(said.session, said.timeout, around_.where.now());
    if (valid)
        sessions_.set_owner(said.session, from.owner);
    from.link.send(side::accepter, revalidate_answer{said.connection, valid});
}

// Leader.processSync. With nothing outstanding the answer comes at once, also from a leader that
// has lost its quorum.
void leader_role::hear(learner& from, const sync_request& said)
{
    if (committed_ == home_.log().end())
        from.link.send(side::accepter, synced{said});
    else
        syncs_.push_back({last_zxid_, said, &from.link});
}

// A write that comes through a follower does not touch its session. What the session asks for at
// this server waits behind it (ProposalRequestProcessor hands it to the CommitProcessor, too).
void leader_role::hear(learner& from, forwarded& said)
{
    if (!serving_)
        return;
    if (!said->opens_session)
        home_.clients().expect(said->session, said->from);
    accept_write(*said, from.owner);
}

void leader_role::hear(learner& from, const log_ack& said)
{
    from.logged = std::max(from.logged, said.logged);
    // SyncLimitCheck: the clock runs for the oldest proposal that is not acknowledged.
    from.owes_since.reset();
    if (from.logged < home_.log().last_zxid())
        from.owes_since = around_.where.now();
    advance();
}

// ---- this server's clients --------------------------------------------------------------------

bool leader_role::touch(client_link& from)
{
    // A session that is being opened is not known yet; opening it touches it.
    return sessions_.touch(from.session, from.timeout, around_.where.now()) || !from.established;
}

code leader_role::check(std::int64_t session)
{
    return standing_of(session, own_clients);
}

code leader_role::standing_of(std::int64_t session, session_owner owner)
{
    switch (sessions_.check(session, owner)) {
    case session_tracker::standing::good:
        return code::ok;
    case session_tracker::standing::moved:
        return code::session_moved;
    case session_tracker::standing::closing:
    case session_tracker::standing::unknown:
        return code::session_expired;
    }
    return code::session_expired;
}

void leader_role::submit(std::unique_ptr<client_request> wanted)
{
    accept_write(*wanted, own_clients);
}

void leader_role::revalidate(client_link& from)
{
    const bool valid = sessions_.touch(from.session, from.timeout, around_.where.now());
    if (valid)
        sessions_.set_owner(from.session, own_clients);
    home_.clients().finish_hello(from.id, valid);
}

// ---- proposals --------------------------------------------------------------------------------

std::shared_ptr<txn> leader_role::next_txn(std::int64_t session)
{
    auto made = std::make_shared<txn>();
    made->zxid = ++last_zxid_;
    made->session = session;
    return made;
}

// A write that fails is a transaction as well: it takes its zxid and goes through the quorum.
void leader_role::accept_write(const client_request& wanted, session_owner owner)
{
    auto made = next_txn(wanted.session);
    made->from = wanted.from;
    if (wanted.opens_session) {
        made->what = txn_kind::open_session;
        made->timeout = wanted.timeout;
        sessions_.track(wanted.session, wanted.timeout, around_.where.now());
        sessions_.set_owner(wanted.session, owner);
    } else if (wanted.body.body.what == op::close_session) {
        preparation_.prepare_close(wanted.session, *made);
        sessions_.set_closing(wanted.session);
    } else {
        made->result = standing_of(wanted.session, owner);
        if (made->result == code::ok)
            preparation_.prepare(wanted, *made);
        else
            made->what = txn_kind::error;
    }
    propose(std::move(made));
}

void leader_role::propose(std::shared_ptr<txn> made)
{
    for (const auto& change : made->changes)
        around_.paths.keep(change.path);
    for (const auto& one : learners_) {
        if (one->stands < learner::phase::syncing)
            continue;
        if (!one->owes_since)
            one->owes_since = around_.where.now();
        one->link.send(side::accepter, proposal{made});
    }
    home_.append(std::move(made));
}

void leader_role::on_logged()
{
    if (serving_)
        advance();
}

void leader_role::advance()
{
    if (!serving_)
        return;
    // By server: one that left and came back may have two connections here for a while.
    logged_.assign(around_.config.servers, 0);
    logged_[home_.index()] = home_.log().synced_zxid();
    for (const auto& one : learners_) {
        if (one->stands == learner::phase::synced)
            logged_[one->server] = std::max(logged_[one->server], one->logged);
    }
    std::sort(logged_.begin(), logged_.end(), std::greater<>());
    commit_until(logged_[around_.majority() - 1]);
}

// Leader.tryToCommit: a sync is answered between the commits of what was proposed before and after
// it, so what is committed together ends there.
void leader_role::commit_until(std::int64_t zxid)
{
    const auto& log = home_.log();
    while (committed_ < log.end() && log.at(committed_)->zxid <= zxid) {
        const auto end = syncs_.empty() ? zxid : std::min(zxid, syncs_.front().zxid);
        commit_together(std::max(end, log.at(committed_)->zxid));
    }
}

void leader_role::commit_together(std::int64_t zxid)
{
    const auto& log = home_.log();
    std::int64_t last = 0;
    while (committed_ < log.end() && log.at(committed_)->zxid <= zxid) {
        const auto& next = *log.at(committed_++);
        last = next.zxid;
        around_.where.note("commits",
                           home_.name(),
                           static_cast<std::uint64_t>(next.zxid),
                           static_cast<std::uint64_t>(next.session));
        around_.committed.apply(next);
    }
    for (const auto& one : learners_) {
        if (one->stands >= learner::phase::syncing)
            one->link.send(side::accepter, commit{last});
    }
    home_.apply_until(last);
    around_.drop_old_log();
    while (!syncs_.empty() && syncs_.front().zxid <= last) {
        const auto next = syncs_.front();
        syncs_.pop_front();
        next.through->send(side::accepter, synced{next.wanted});
    }
}

void leader_role::on_applied(const txn& done)
{
    preparation_.forget_until(done.zxid);
    if (done.what == txn_kind::open_session)
        sessions_.track(done.session, done.timeout, around_.where.now());
    else if (done.what == txn_kind::close_session)
        sessions_.remove(done.session);
}

// ---- time -------------------------------------------------------------------------------------

// Leader.lead: twice a tick it pings, once a tick it counts who is still there.
void leader_role::beat()
{
    const auto late = around_.ping_lateness;
    const auto pause = late == 0ns ? 0ns : around_.where.chance().between(0ns, late);
    beat_.set(around_.config.tick / 2 + pause, [this] { beat(); });
    if (!half_tick_)
        ++tick_;
    const auto there = count_if([this](const learner& one) {
        return one.stands == learner::phase::synced && tick_ <= one.answer_until;
    });
    if (!half_tick_ && there < around_.majority())
        return home_.leave("lost its quorum");
    half_tick_ = !half_tick_;
    for (std::size_t i = learners_.size(); i-- > 0;) {
        auto& one = *learners_[i];
        if (overdue(one))
            drop(one);
        else if (one.stands >= learner::phase::syncing)
            one.link.send(side::accepter, leader_ping{});
    }
}

bool leader_role::overdue(const learner& of) const
{
    const auto now = around_.where.now();
    const auto& config = around_.config;
    const bool synced = of.stands == learner::phase::synced;
    if (now - of.heard > config.tick * (synced ? config.sync_limit : config.init_limit))
        return true;
    return of.owes_since && now - *of.owes_since > config.tick * config.sync_limit;
}

// The tracker looks at the end of each tick, never before.
void leader_role::expect_expiry()
{
    const auto now = around_.where.now();
    for (const auto id : sessions_.take_expired(now))
        propose_close(id, true);
    const auto late = around_.where.chance().between(0ns, 1ms); // of a thread that slept
    expiry_.set(sessions_.end_of_tick(now) + late, [this] { expect_expiry(); });
}

void leader_role::propose_close(std::int64_t session, bool expired)
{
    around_.where.note("expires", home_.name(), static_cast<std::uint64_t>(session));
    auto made = next_txn(session);
    made->expired = expired;
    preparation_.prepare_close(session, *made);
    propose(std::move(made));
}

void leader_role::expire(std::int64_t session)
{
    if (sessions_.set_closing(session))
        propose_close(session, true);
}

void leader_role::reap_containers()
{
    reaper_.set(around_.config.container_check, [this] { reap_containers(); });
    for (const auto container : home_.nodes().empty_containers()) {
        auto made = next_txn(0);
        preparation_.prepare_reaping(container, *made);
        propose(std::move(made));
    }
}

void leader_role::submit_by_operator(operation wanted)
{
    client_request asked;
    asked.body.body = std::move(wanted);
    auto made = next_txn(0);
    preparation_.prepare(asked, *made);
    propose(std::move(made));
}

void leader_role::set_next_sequence(path_id parent, std::int32_t next)
{
    auto made = next_txn(0);
    preparation_.prepare_sequence(parent, next, *made);
    propose(std::move(made));
}

} // namespace paddock::simulation
