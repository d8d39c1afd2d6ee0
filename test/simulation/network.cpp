#include "test/simulation/network.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {
namespace {

// When a first packet that was lost is sent again; then ever later.
// Source: TCP_TIMEOUT_INIT, Linux.
constexpr nanoseconds syn_again = 1s;

} // namespace

// ---- connection --------------------------------------------------------------------------------

connection::connection(network& net, host& opener, host& accepter)
    : net_(net), ends_{half{&opener, {}}, half{&accepter, {}}}
{
}

void connection::send(side from, task work)
{
    if (is_open(from))
        travel(from, std::move(work));
}

void connection::travel(side from, task work)
{
    auto& source = ends_[index(from)];
    auto& target = ends_[index(other(from))];
    auto& world = net_.where();
    source.last_arrival =
        std::max(source.last_arrival, world.now() + net_.delay(*source.where, *target.where));
    net_.latest_arrival_ = std::max(net_.latest_arrival_, source.last_arrival);
    world.at(*target.where,
             source.last_arrival,
             [self = shared_from_this(), from, work = std::move(work)]() mutable {
                 self->arrive(from, std::move(work));
             });
}

void connection::arrive(side from, task work)
{
    auto& source = ends_[index(from)];
    auto& target = ends_[index(other(from))];
    if (!source.stalled.empty() || net_.blocked(*source.where, *target.where)) {
        source.stalled.push_back(std::move(work));
        if (!std::exchange(source.listed, true))
            net_.remember_stalled(shared_from_this());
        return;
    }
    if (target.open)
        work();
}

void connection::close(side by)
{
    auto& mine = ends_[index(by)];
    if (!std::exchange(mine.open, false))
        return;
    const auto dropped = std::exchange(mine.closed, nullptr);
    travel(by, [self = shared_from_this(), to = other(by)] { self->hear_of_close(to); });
}

void connection::hear_of_close(side end)
{
    auto& mine = ends_[index(end)];
    mine.open = false;
    if (const auto told = std::exchange(mine.closed, nullptr))
        told();
}

// ---- network -----------------------------------------------------------------------------------

std::shared_ptr<connection> network::connect(
    host& from, host& to, std::function<void(const std::shared_ptr<connection>&)> accept)
{
    auto made = std::make_shared<connection>(*this, from, to);
    std::erase_if(connections_, [](const auto& old) { return old.expired(); });
    connections_.push_back(made);
    const auto arrival = world_.now() + delay(from, to);
    made->ends_[0].last_arrival = arrival + 1ns; // nothing overtakes the opening
    world_.at(arrival,
              [this, made, accept = std::move(accept)] { knock(made, accept, syn_again); });
    return made;
}

// Whoever lives there when the first packet comes, not now, accepts or refuses. It takes both ways;
// while one is closed TCP tries again, until whoever asked gives up.
void network::knock(const std::shared_ptr<connection>& made,
                    const std::function<void(const std::shared_ptr<connection>&)>& accept,
                    nanoseconds patience)
{
    auto& source = made->at(side::opener);
    auto& target = made->at(side::accepter);
    if (!made->is_open(side::opener))
        return;
    if (blocked(source, target) || blocked(target, source)) {
        world_.after(patience,
                     [this, made, accept, patience] { knock(made, accept, patience * 2); });
        return;
    }
    if (!target.alive()) {
        made->close(side::accepter);
        return;
    }
    world_.at(target, world_.now(), [made, accept] {
        if (made->is_open(side::accepter))
            accept(made);
    });
}

network::passage& network::find(const host& from, const host& to)
{
    const auto found = std::find_if(ways_.begin(), ways_.end(), [&](const passage& at) {
        return at.from == &from && at.to == &to;
    });
    if (found != ways_.end())
        return *found;
    return ways_.emplace_back(passage{&from, &to});
}

const network::passage* network::look_up(const host& from, const host& to) const
{
    for (const auto& at : ways_) {
        if (at.from == &from && at.to == &to)
            return &at;
    }
    return nullptr;
}

nanoseconds network::delay(const host& from, const host& to)
{
    const auto* const special = look_up(from, to);
    const auto extra = special != nullptr ? special->extra : nanoseconds{0};
    return world_.chance().between(usual.least, usual.most) + extra;
}

bool network::blocked(const host& from, const host& to) const
{
    const auto* const special = look_up(from, to);
    return special != nullptr && special->blocks > 0;
}

void network::block(const host& from, const host& to)
{
    ++find(from, to).blocks;
}

void network::unblock(const host& from, const host& to)
{
    auto& way = find(from, to);
    if (way.blocks > 0)
        --way.blocks;
    if (way.blocks == 0)
        release_stalled();
}

void network::slow_down(const host& from, const host& to, nanoseconds extra)
{
    find(from, to).extra = extra;
}

void network::heal()
{
    ways_.clear();
    release_stalled();
}

// What waited arrives now, in order: TCP sends it again once the way is open.
void network::release_stalled()
{
    for (const auto& link : std::exchange(stalled_, {})) {
        for (const auto from : {side::opener, side::accepter}) {
            auto& source = link->ends_[connection::index(from)];
            if (!std::exchange(source.listed, false))
                continue;
            // Those whose way is still closed come back.
            for (auto& work : std::exchange(source.stalled, {}))
                link->travel(from, std::move(work));
        }
    }
}

std::vector<std::shared_ptr<connection>> network::connections_of(const host& whose) const
{
    std::vector<std::shared_ptr<connection>> found;
    for (const auto& known : connections_) {
        const auto link = known.lock();
        if (link && (&link->at(side::opener) == &whose || &link->at(side::accepter) == &whose))
            found.push_back(link);
    }
    return found;
}

void network::hang_up(const host& whose)
{
    for (const auto& link : connections_of(whose))
        link->close(&link->at(side::opener) == &whose ? side::opener : side::accepter);
}

void network::reset(const host& whose)
{
    for (const auto& link : connections_of(whose)) {
        for (const auto end : {side::opener, side::accepter})
            world_.at(link->at(end), world_.now(), [link, end] { link->hear_of_close(end); });
    }
}

} // namespace paddock::simulation
