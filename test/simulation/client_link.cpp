#include "test/simulation/client_link.hpp"

namespace paddock::simulation {

void client_link::open(network& net, host& client, host& server, client_listener& listener)
{
    listener_ = &listener;
    // Links are kept until they are over, so a plain pointer lives as long as its events.
    wire_ = net.connect(client, server, [this](const auto&) {
        accepted = true;
        wire_->on_closed(side::accepter, [this] { listener_->on_client_gone(*this); });
        listener_->on_accept(*this);
        if (accepted && greeted_)
            listener_->on_hello(*this);
    });
    wire_->send(side::opener, [this] {
        greeted_ = true;
        if (accepted) // else the opening was lost and is sent again
            listener_->on_hello(*this);
    });
}

void client_link::send(request&& wanted)
{
    if (!wire_->is_open(side::opener))
        return;
    requests_.push_back(std::move(wanted));
    wire_->send(side::opener, [this] { deliver_to_server(); });
}

void client_link::deliver_to_server()
{
    if (requests_.empty())
        return;
    auto wanted = requests_.take_front();
    if (accepted)
        listener_->on_request(*this, std::move(wanted));
}

void client_link::send(to_client&& reply)
{
    if (!wire_->is_open(side::accepter))
        return;
    replies_.push_back(std::move(reply));
    wire_->send(side::accepter, [this] { deliver_to_client(); });
}

void client_link::deliver_to_client()
{
    if (replies_.empty())
        return;
    auto reply = replies_.take_front();
    if (auto* const answered = std::get_if<answer>(&reply))
        end_.on_answer(std::move(*answered));
    else if (const auto* const fired = std::get_if<watch_event>(&reply))
        end_.on_watch_event(*fired);
    else
        end_.on_session(std::get<connect_answer>(reply));
}

void client_link::close()
{
    accepted = false;
    wire_->on_closed(side::accepter, nullptr);
    wire_->close(side::accepter);
}

} // namespace paddock::simulation
