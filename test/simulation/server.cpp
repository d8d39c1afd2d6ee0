#include "test/simulation/server.hpp"

#include "test/simulation/follower_role.hpp"
#include "test/simulation/leader_role.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace paddock::simulation {

server::server(surroundings& around, std::size_t index)
    : host(around.where, "server-" + std::to_string(index)),
      sync_to_disk(around.config.sync_to_disk), around_(around), index_(index),
      nodes_(around.snapshot), clients_(*this, around), election_(around, *this),
      disk_(around.where, *this)
{
}

server::~server() = default;

void server::boot()
{
    restart();
    nodes_ = around_.snapshot;
    applied_ = log_.begin();
    world_.note("boots", name(), static_cast<std::uint64_t>(log_.last_zxid()));
    look();
}

void server::crash()
{
    if (!alive())
        return;
    world_.note("killed", name());
    kill();
    role_.reset();
    leading_ = nullptr;
    leaving_ = false;
    election_.stop();
    clients_.close_all();
    around_.net.hang_up(*this);
    log_.lose_unsynced();
    syncing_ = false;
}

void server::let_go()
{
    role_.reset();
    leading_ = nullptr;
}

// ---- roles --------------------------------------------------------------------------------------

void server::look()
{
    // What has come so far is written before a server votes (SyncRequestProcessor.shutdown): its
    // log is what it is elected for.
    log_.set_synced(log_.end());
    syncing_ = false;
    misses_next_ = false;
    missed_ = 0;
    election_.start();
}

void server::lead()
{
    election_.stop();
    auto role = std::make_unique<leader_role>(around_, *this);
    leading_ = role.get();
    role_ = std::move(role);
    leading_->start();
}

void server::follow(std::size_t leader)
{
    election_.stop();
    auto role = std::make_unique<follower_role>(around_, *this, leader);
    auto& started = *role;
    role_ = std::move(role);
    started.start();
}

void server::leave(const char* why)
{
    if (std::exchange(leaving_, true))
        return;
    world_.note(why, name());
}

void server::settle()
{
    if (!leaving_)
        return;
    leaving_ = false;
    leading_ = nullptr;
    role_.reset();
    clients_.close_all();
    look();
}

void server::accept(peer_link& link)
{
    if (leading_ != nullptr && !leaving_)
        leading_->accept(link);
    else
        link.close(side::accepter);
}

// ---- log and tree -----------------------------------------------------------------------------

void server::append(txn_ptr proposed)
{
    log_.append(std::move(proposed));
    start_sync();
}

// All that has come goes to the disk together; what comes meanwhile waits for the next time.
void server::start_sync()
{
    if (syncing_ || log_.synced() == log_.end())
        return;
    syncing_ = true;
    syncing_to_ = log_.end();
    const auto time = world_.chance().between(sync_to_disk * 3 / 4, sync_to_disk * 5 / 4);
    disk_.set(time, [this] { finish_sync(); });
}

void server::finish_sync()
{
    if (!std::exchange(syncing_, false))
        return;
    log_.set_synced(syncing_to_);
    if (role_ != nullptr && !leaving_)
        role_->on_logged();
    start_sync();
}

void server::truncate(std::int64_t keep_until)
{
    log_.truncate(log_.after(keep_until));
}

void server::apply_until(std::int64_t zxid)
{
    while (applied_ < log_.end() && log_.at(applied_)->zxid <= zxid) {
        const txn_ptr next = log_.at(applied_++);
        clients_.apply(*next, nodes_);
        if (role_ != nullptr)
            role_->on_applied(*next);
    }
}

// CommitProcessor.run, 3.6.0 to 3.8.0: it looks at its queues before it takes the lock under which
// it is told of what came (ZOOKEEPER-4537).
void server::notice(std::int64_t committed)
{
    if (std::exchange(misses_next_, false))
        missed_ = committed;
    else
        apply_until(committed);
}

void server::notice_missed()
{
    if (const auto zxid = std::exchange(missed_, 0); zxid > 0)
        apply_until(zxid);
}

} // namespace paddock::simulation
