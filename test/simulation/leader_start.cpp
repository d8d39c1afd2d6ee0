// How a server that was elected becomes leader: a new epoch, a quorum that has its log, and then
// service. A follower that comes later goes the same way alone.

#include "test/simulation/leader_role.hpp"
#include "test/simulation/server.hpp"

#include <algorithm>

namespace paddock::simulation {

void leader_role::start()
{
    world& where = around_.where;
    where.note("begins to lead", home_.name(), static_cast<std::uint64_t>(home_.log().last_zxid()));
    patience_.set(around_.config.tick * around_.config.init_limit,
                  [this] { home_.leave("found no quorum to lead"); });
    found_epoch();
}

void leader_role::accept(peer_link& link)
{
    learners_.push_back(std::make_unique<learner>(link, ++last_owner_));
    learners_.back()->heard = around_.where.now();
    link.listen(side::accepter, *this);
}

void leader_role::hear(learner& from, const follower_info& said)
{
    from.server = said.server;
    from.accepted_epoch = said.accepted_epoch;
    from.stands = learner::phase::told_epoch;
    if (epoch_ != 0)
        from.link.send(side::accepter, leader_info{epoch_});
    else
        found_epoch();
}

// Leader.getEpochToPropose: higher than any that a quorum has accepted.
void leader_role::found_epoch()
{
    if (count_from(learner::phase::told_epoch) < around_.majority())
        return;
    epoch_ = home_.accepted_epoch;
    for (const auto& one : learners_)
        epoch_ = std::max(epoch_, one->accepted_epoch);
    ++epoch_;
    home_.accepted_epoch = epoch_;
    for (const auto& one : learners_) {
        if (one->stands == learner::phase::told_epoch)
            one->link.send(side::accepter, leader_info{epoch_});
    }
    agree_on_epoch();
}

void leader_role::hear(learner& from, const epoch_ack& said)
{
    from.last_zxid = said.last_zxid;
    from.counts = said.counts;
    const auto mine = std::pair(home_.current_epoch, home_.log().last_zxid());
    if (!agreed_ && said.counts && std::pair(said.current_epoch, said.last_zxid) > mine)
        return home_.leave("a follower is ahead");
    from.stands = learner::phase::agreed;
    if (agreed_)
        bring_up_to_date(from);
    else
        agree_on_epoch();
}

void leader_role::agree_on_epoch()
{
    if (agreed_ || epoch_ == 0 || count_from(learner::phase::agreed) < around_.majority())
        return;
    agreed_ = true;
    home_.current_epoch = epoch_;
    for (const auto& one : learners_) {
        if (one->stands == learner::phase::agreed)
            bring_up_to_date(*one);
    }
    if (count_from(learner::phase::synced) >= around_.majority())
        start_serving(); // alone
}

// LearnerHandler.syncFollower. What the follower's log has behind the last that both have was never
// committed: whoever committed it would have won.
void leader_role::bring_up_to_date(learner& late)
{
    const auto& log = home_.log();
    const auto from = log.after(late.last_zxid);
    history sent{.epoch = epoch_, .keep_until = log.zxid_before(from), .missing = {}};
    for (auto at = from; at < log.end(); ++at)
        sent.missing.push_back(log.at(at));
    late.stands = learner::phase::syncing;
    late.counts = true;
    late.link.send(side::accepter, std::move(sent));
}

void leader_role::hear(learner& from, const new_leader_ack& said)
{
    from.stands = learner::phase::synced;
    from.answer_until = tick_ + around_.config.sync_limit;
    from.logged = std::max(from.logged, said.logged);
    if (serving_) {
        admit(from);
        advance();
    } else if (count_from(learner::phase::synced) >= around_.majority()) {
        start_serving();
    }
}

void leader_role::admit(learner& synced)
{
    synced.link.send(side::accepter, up_to_date{home_.log().zxid_before(committed_)});
}

// A quorum has this log, so all of it is committed, also what an earlier leader had only proposed.
void leader_role::start_serving()
{
    patience_.cancel();
    serving_ = true;
    ++around_.figures.elections;
    around_.committed.catch_up(home_.log());
    home_.apply_until(home_.log().last_zxid());
    committed_ = home_.log().end();
    last_zxid_ = static_cast<std::int64_t>(epoch_) << 32;
    home_.nodes().set_last_zxid(last_zxid_);
    around_.where.note("leads", home_.name(), epoch_);
    // Nobody knows here when they were heard of: each gets all of its time again.
    for (const auto& [id, timeout] : home_.nodes().sessions())
        sessions_.track(id, timeout, around_.where.now());
    for (const auto& one : learners_) {
        if (one->stands == learner::phase::synced)
            admit(*one);
    }
    expect_expiry();
    beat_.set(around_.config.tick / 2, [this] { beat(); });
    reaper_.set(around_.config.container_check, [this] { reap_containers(); });
}

} // namespace paddock::simulation
