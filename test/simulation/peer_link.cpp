#include "test/simulation/peer_link.hpp"

namespace paddock::simulation {

namespace {

std::size_t index(side end)
{
    return end == side::opener ? 0 : 1;
}

} // namespace

std::shared_ptr<peer_link>
peer_link::open(network& net, host& follower, host& leader, peer_end& by, accepted accept)
{
    auto made = std::make_shared<peer_link>();
    // The servers keep links until they are over, so a plain pointer lives as long as its events.
    made->wire_ = net.connect(follower, leader, [link = made.get(), accept](const auto&) {
        accept(*link);
        link->hand_over(side::accepter); // an opening that was sent again comes behind words
    });
    made->listen(side::opener, by);
    return made;
}

void peer_link::listen(side at, peer_end& end)
{
    ends_[index(at)] = &end;
    wire_->on_closed(at, [this, at] {
        if (auto* const told = std::exchange(ends_[index(at)], nullptr))
            told->on_link_closed(*this);
    });
}

void peer_link::send(side from, peer_message&& message)
{
    if (!wire_->is_open(from))
        return;
    sent_[index(from)].push_back(std::move(message));
    wire_->send(from, [this, to = other(from)] { deliver(to); });
}

void peer_link::deliver(side to)
{
    ++arrived_[index(to)];
    hand_over(to);
}

void peer_link::hand_over(side to)
{
    auto& queue = sent_[index(other(to))];
    auto& arrived = arrived_[index(to)];
    while (arrived > 0 && !queue.empty() && ends_[index(to)] != nullptr) {
        --arrived;
        ends_[index(to)]->on_message(*this, queue.take_front());
    }
}

void peer_link::close(side by)
{
    ends_[index(by)] = nullptr;
    wire_->on_closed(by, nullptr);
    wire_->close(by);
}

bool peer_link::over() const
{
    return ends_[0] == nullptr && ends_[1] == nullptr && wire_.use_count() == 1;
}

} // namespace paddock::simulation
