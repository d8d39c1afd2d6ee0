#include "test/simulation/election.hpp"

#include "test/simulation/server.hpp"

#include <algorithm>

namespace paddock::simulation {

namespace {

// How long a majority has to agree before it counts (FastLeaderElection.finalizeWait), and how
// often a server hears of changed votes.
constexpr auto finalize_wait = 200ms;
constexpr auto look_least = 20ms;
constexpr auto look_most = 120ms;

} // namespace

election::election(surroundings& around, server& home)
    : around_(around), home_(home), next_(around.where, home)
{
}

vote election::own() const
{
    return {home_.current_epoch, home_.log().last_zxid(), home_.index()};
}

void election::start()
{
    looking_ = true;
    ++round_;
    adopt(own());
    next_.set(around_.where.chance().between(look_least, look_most), [this] { look(); });
}

void election::stop()
{
    looking_ = false;
    next_.cancel();
}

void election::adopt(const vote& better)
{
    vote_ = better;
    changed_ = around_.where.now();
}

bool election::hears(const server& other) const
{
    const auto& net = around_.net;
    return &other != &home_ && other.runs() && !net.blocked(home_, other) &&
           !net.blocked(other, home_);
}

void election::look()
{
    listen();
    if (join_those_who_have_one())
        return;
    const auto waited = around_.where.now() - changed_;
    if (waited >= finalize_wait && supporters() >= around_.majority()) {
        if (vote_.leader == home_.index())
            home_.lead();
        else
            home_.follow(vote_.leader);
        return;
    }
    next_.set(around_.where.chance().between(look_least, look_most), [this] { look(); });
}

void election::listen()
{
    for (const auto& other : around_.servers) {
        const auto& theirs = other->ballot();
        if (!hears(*other) || !theirs.looking_)
            continue;
        if (theirs.round_ > round_) {
            round_ = theirs.round_;
            adopt(std::max(own(), theirs.vote_));
        } else if (theirs.round_ == round_ && theirs.vote_ > vote_) {
            adopt(theirs.vote_);
        }
    }
}

// A majority that has a leader is joined, if the leader itself is heard.
bool election::join_those_who_have_one()
{
    for (const auto& leader : around_.servers) {
        if (!hears(*leader) || leader->leading() == nullptr)
            continue;
        std::size_t behind = vote_.leader == leader->index() ? 1 : 0;
        for (const auto& other : around_.servers) {
            const auto* const role = other->role();
            if (hears(*other) && role != nullptr && role->leader() == leader->index())
                ++behind;
        }
        if (behind >= around_.majority()) {
            home_.follow(leader->index());
            return true;
        }
    }
    return false;
}

// Those who have decided in this round go on counting.
std::size_t election::supporters() const
{
    std::size_t count = 1;
    for (const auto& other : around_.servers) {
        const auto& theirs = other->ballot();
        if (hears(*other) && theirs.round_ == round_ && theirs.vote_ == vote_)
            ++count;
    }
    return count;
}

} // namespace paddock::simulation
