#include "test/simulation/follower_role.hpp"

#include "test/simulation/server.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {

namespace {

// Learner.connectToLeader: the leader may not listen yet.
constexpr int connect_attempts = 5;
constexpr auto retry_least = 80ms;
constexpr auto retry_most = 150ms;

// How often, and by how much, requests are handed on late.
constexpr std::uint64_t late_one_in = 4;
constexpr nanoseconds late_most = 50us;

} // namespace

follower_role::follower_role(surroundings& around, server& home, std::size_t leader)
    : around_(around), home_(home), leader_(leader), silence_(around.where, home),
      retry_(around.where, home), handing_on_(around.where, home)
{
}

follower_role::~follower_role()
{
    if (link_ != nullptr)
        link_->close(side::opener);
}

// ---- joining ------------------------------------------------------------------------------------

void follower_role::start()
{
    heard_ = around_.where.now();
    keep_watch();
    connect();
}

void follower_role::connect()
{
    ++attempts_;
    auto& leader = *around_.servers[leader_];
    auto& links = around_.peer_links;
    std::erase_if(links, [](const auto& old) { return old->over(); });
    links.push_back(peer_link::open(
        around_.net, home_, leader, *this, [&leader](peer_link& link) { leader.accept(link); }));
    link_ = links.back().get();
    link_->send(side::opener, follower_info{home_.index(), home_.accepted_epoch});
}

void follower_role::on_link_closed(peer_link& link)
{
    if (&link != link_)
        return;
    link_->close(side::opener);
    link_ = nullptr;
    if (greeted_ || attempts_ == connect_attempts)
        return home_.leave("lost its leader");
    retry_.set(around_.where.chance().between(retry_least, retry_most), [this] { connect(); });
}

// The time-out of the socket: shorter once it serves. It counts from what was read last, so a
// server that stood still reads first what has come meanwhile.
void follower_role::keep_watch()
{
    const auto& config = around_.config;
    const auto limit = config.tick * (serving_ ? config.sync_limit : config.init_limit);
    if (around_.where.now() - heard_ >= limit)
        return home_.leave("hears nothing from its leader");
    silence_.set(heard_ + limit, [this] { keep_watch(); });
}

void follower_role::on_message(peer_link& from, peer_message&& message)
{
    if (&from != link_)
        return;
    heard_ = around_.where.now();
    std::visit([this](auto& said) { hear(said); }, message);
}

void follower_role::hear(const leader_info& said)
{
    greeted_ = true;
    if (said.epoch < home_.accepted_epoch)
        return home_.leave("was offered an old epoch");
    const bool fresh = said.epoch > home_.accepted_epoch;
    home_.accepted_epoch = said.epoch;
    link_->send(side::opener, epoch_ack{home_.current_epoch, fresh, home_.log().last_zxid()});
}

void follower_role::hear(history& said)
{
    home_.truncate(said.keep_until);
    for (auto& missing : said.missing)
        home_.append(std::move(missing));
    joining_ = said.epoch;
    history_end_ = home_.log().end();
    on_logged(); // nothing to write, perhaps
}

void follower_role::hear(const up_to_date& said)
{
    committed_ = std::max(committed_, said.committed);
    serving_ = true;
    home_.apply_until(committed_);
    around_.where.note("follows", home_.name(), leader_);
    keep_watch();
}

// ---- replication ------------------------------------------------------------------------------

void follower_role::hear(proposal& said)
{
    home_.append(std::move(said.proposed));
}

void follower_role::on_logged()
{
    if (link_ == nullptr)
        return;
    const auto& log = home_.log();
    if (joining_ == 0) {
        link_->send(side::opener, log_ack{log.synced_zxid()});
    } else if (log.synced() >= history_end_) {
        // It has all that the leader had: from here on it votes with the new epoch.
        home_.current_epoch = std::exchange(joining_, 0);
        link_->send(side::opener, new_leader_ack{log.synced_zxid()});
    }
}

void follower_role::hear(const commit& said)
{
    committed_ = std::max(committed_, said.zxid);
    if (serving_)
        home_.notice(committed_);
}

// The leader learns only here whom this server has heard from.
void follower_role::hear(const leader_ping& /*said*/)
{
    ++round_;
    link_->send(side::opener, ping_reply{std::exchange(touches_, {})});
}

// ---- clients ----------------------------------------------------------------------------------

bool follower_role::touch(client_link& from)
{
    if (std::exchange(from.touched_in_round, round_) != round_)
        touches_.emplace_back(from.session, from.timeout);
    return true;
}

void follower_role::submit(std::unique_ptr<client_request> wanted)
{
    hand_on(std::move(wanted));
}

// FollowerRequestProcessor is a thread, and may be late: requests stay in order, but what is asked
// about sessions goes past them (Learner.validateSession).
void follower_role::hand_on(peer_message&& wanted)
{
    requests_.push_back(std::move(wanted));
    if (requests_.size() > 1)
        return;
    auto& chance = around_.where.chance();
    if (chance.one_in(late_one_in))
        handing_on_.set(chance.between(0ns, late_most), [this] { hand_on_all(); });
    else
        hand_on_all();
}

void follower_role::hand_on_all()
{
    for (auto& wanted : requests_) {
        if (link_ != nullptr)
            link_->send(side::opener, std::move(wanted));
    }
    requests_.clear();
}

void follower_role::submit_sync(const sync_request& wanted)
{
    hand_on(sync_request(wanted));
}

void follower_role::revalidate(client_link& from)
{
    if (link_ != nullptr)
        link_->send(side::opener, revalidate_request{from.session, from.timeout, from.id});
}

void follower_role::hear(const revalidate_answer& said)
{
    home_.clients().finish_hello(said.connection, said.valid);
}

void follower_role::hear(const synced& said)
{
    home_.clients().finish_sync(said.done);
}

} // namespace paddock::simulation
