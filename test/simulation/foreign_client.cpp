#include "test/simulation/foreign_client.hpp"

#include <utility>

namespace paddock::simulation {

foreign_client::foreign_client(world& where, ensemble& servers, std::string name, order wanted)
    : host(where, std::move(name)), servers_(servers), order_(std::move(wanted))
{
}

void foreign_client::start()
{
    connect_request wanted;
    wanted.timeout = order_.timeout;
    link_ = servers_.connect(*this, order_.server, wanted, *this);
    world_.at(*this, world_.now() + order_.stays, [this] { leave(); });
}

void foreign_client::on_session(const connect_answer& /*answer*/)
{
    ask({.what = op::create,
         .path = order_.path,
         .mode = detail::create_mode::ephemeral_sequential});
}

void foreign_client::on_answer(answer&& answer)
{
    if (answer.result == code::ok && made_.empty())
        made_ = answer.path;
}

void foreign_client::on_watch_event(const watch_event& /*event*/) {}

// Its session is closed behind its znode; a quiet one lets the server take both away in time.
void foreign_client::leave()
{
    if (!order_.leaves_quietly) {
        if (!made_.empty())
            ask({.what = op::remove, .path = made_});
        ask({.what = op::close_session});
    }
    link_->close(side::opener);
}

void foreign_client::ask(operation wanted)
{
    request asked;
    asked.xid = ++last_xid_;
    asked.body = std::move(wanted);
    servers_.submit(link_, std::move(asked));
}

} // namespace paddock::simulation
