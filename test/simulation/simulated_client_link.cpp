// What a simulated client hears, its connection, and its end.

#include "test/simulation/simulated_client.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {
namespace {

using detail::reply_code;

// As the adapter: how long a close waits for its answer.
constexpr std::chrono::milliseconds farewell_max{1'500};

} // namespace

// ---- what the server says ---------------------------------------------------------------------

void simulated_client::on_session(const connect_answer& given)
{
    const auto self = shared_from_this();
    if (given.auth_refused && !over_)
        return end_session(detail::session_end::auth_refused);
    if (!attempting_ || over_)
        return;
    attempting_ = false;
    owner_.around().where.cancel(std::exchange(attempt_timer_, 0));
    const bool replaced = session_id_ != 0 && given.session_id != session_id_;
    if (given.session_id == 0 || replaced)
        return end_session(detail::session_end::expired);
    session_id_ = given.session_id;
    password_ = given.password;
    timeout_ = given.timeout;
    connected_ = true;
    last_sent_ = last_heard_ = owner_.local_now();
    owner_.around().where.note("is connected",
                               owner_.name(),
                               static_cast<std::uint64_t>(session_id_),
                               static_cast<std::uint64_t>(timeout_.count()));
    pacer_.set_session_timeout(timeout_);
    pacer_.connected(owner_.local_now());
    if (!watched_.empty() || !watched_parents_.empty()) {
        request again{.xid = ++last_xid_, .body = {.what = op::set_watches}};
        again.paths.assign(watched_.begin(), watched_.end());
        again.parents.assign(watched_parents_.begin(), watched_parents_.end());
        again.last_zxid = last_zxid_;
        owner_.around().servers.submit(link_, std::move(again));
    }
    send_unsent();
    keep_alive();
    if (events_ != nullptr)
        events_->on_connected({.session_id = session_id_,
                               .session_timeout = timeout_,
                               .connect_started = connect_started_});
}

void simulated_client::on_watch_event(const watch_event& event)
{
    const auto self = shared_from_this();
    if (owner_.around().where.narrator)
        owner_.around().where.tell(owner_.name(), "is woken by " + event.path);
    last_heard_ = owner_.local_now();
    using kind = watch_event::kind;
    auto known = event.what == kind::children ? 0 : watched_.erase(event.path);
    if (event.what != kind::changed)
        known += watched_parents_.erase(event.path);
    if (known != 0 && events_ != nullptr)
        events_->on_watch(event.path);
}

// ---- the connection ---------------------------------------------------------------------------

void simulated_client::try_later()
{
    auto& where = owner_.around().where;
    where.cancel(attempt_timer_);
    attempt_timer_ =
        where.at(owner_, owner_.global(pacer_.next_attempt()), [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->attempt_timer_ = 0;
                self->try_next();
            }
        });
}

void simulated_client::try_next()
{
    if (over_ || closed_ || connected_ || attempting_)
        return;
    connect_started_ = owner_.local_now();
    pacer_.started(connect_started_);
    current_server_ = servers_[next_server_++ % servers_.size()];
    const auto server = ensemble::index_of(current_server_);
    if (!server) {
        end_all_calls(reply_code::in_doubt);
        return attempt_failed();
    }
    attempting_ = true;
    link_ = owner_.around().servers.connect(owner_,
                                            *server,
                                            {.session_id = session_id_,
                                             .password = password_,
                                             .timeout = config_.session_timeout,
                                             .last_zxid = last_zxid_,
                                             .auth = config_.auth},
                                            *this);
    link_->on_closed(side::opener, [weak = weak_from_this()] {
        if (const auto self = weak.lock())
            self->break_connection();
    });
    auto& where = owner_.around().where;
    attempt_timer_ = where.at(owner_, owner_.global(pacer_.give_up()), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->attempt_timer_ = 0;
            self->break_connection();
        }
    });
}

void simulated_client::attempt_failed()
{
    attempting_ = false;
    pacer_.failed(owner_.local_now(), owner_.chance().next());
    try_later();
}

// Ours or the server's doing; what had been sent may have been carried out.
void simulated_client::break_connection()
{
    const auto self = shared_from_this();
    if (const auto old = std::exchange(link_, nullptr))
        old->close(side::opener);
    if (closed_) {
        end_all_calls(over_ ? reply_code::session_over : reply_code::in_doubt);
        return finish_close(reply_code::in_doubt);
    }
    if (connected_)
        went_down();
    else if (attempting_)
        attempt_failed();
    end_all_calls(over_ ? reply_code::session_over : reply_code::in_doubt);
}

void simulated_client::went_down()
{
    if (owner_.around().where.narrator)
        owner_.around().where.tell(owner_.name(), "is disconnected");
    connected_ = false;
    pacer_.lost(owner_.local_now(), owner_.chance().next());
    tell([](detail::zk_events& events) { events.on_disconnected(); });
    try_later();
}

void simulated_client::end_session(detail::session_end reason)
{
    over_ = true;
    connected_ = attempting_ = false;
    if (const auto old = std::exchange(link_, nullptr))
        old->close(side::opener);
    tell([reason](detail::zk_events& events) { events.on_session_over(reason); });
    end_all_calls(reply_code::session_over);
}

// In turn with the ends of calls, which come behind it.
void simulated_client::tell(std::function<void(detail::zk_events&)> event)
{
    auto& where = owner_.around().where;
    where.at(owner_, where.now(), [self = shared_from_this(), event = std::move(event)] {
        if (self->events_ != nullptr)
            event(*self->events_);
    });
}

void simulated_client::reconnect()
{
    if (closed_ || over_)
        return;
    auto& where = owner_.around().where;
    where.at(owner_, where.now(), [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self || self->closed_ || self->over_)
            return;
        self->break_connection();
        self->pacer_.at_once();
        self->try_later();
    });
}

void simulated_client::set_servers(std::vector<detail::endpoint> servers)
{
    if (closed_ || over_ || servers.empty())
        return;
    servers_ = std::move(servers);
    pacer_.set_servers(servers_.size());
    if (!connected_ ||
        std::find(servers_.begin(), servers_.end(), current_server_) == servers_.end())
        reconnect();
}

// ---- the end -----------------------------------------------------------------------------------

void simulated_client::close(done handler)
{
    const bool again = std::exchange(closed_, true);
    events_ = nullptr;
    auto& where = owner_.around().where;
    if (again || over_ || !connected_) {
        const auto now = owner_.local_now();
        const auto code = over_ ? reply_code::session_over : reply_code::in_doubt;
        if (const auto old = std::exchange(link_, nullptr))
            old->close(side::opener);
        end_all_calls(code);
        where.at(owner_,
                 where.now(),
                 [self = shared_from_this(), handler = std::move(handler), code, now] {
                     handler({.code = code, .sent = now, .received = now});
                 });
        return;
    }
    close_handler_ = std::move(handler);
    owner_.around().servers.submit(link_,
                                   {.xid = ++last_xid_, .body = {.what = op::close_session}});
    where.at(owner_, owner_.global(owner_.local_now() + farewell_max), [self = shared_from_this()] {
        self->finish_close(reply_code::in_doubt);
    });
}

void simulated_client::finish_close(reply_code code)
{
    connected_ = attempting_ = false;
    if (const auto old = std::exchange(link_, nullptr))
        old->close(side::opener);
    end_all_calls(reply_code::in_doubt);
    const auto now = owner_.local_now();
    if (const auto handler = std::exchange(close_handler_, nullptr))
        handler({.code = code, .sent = now, .received = now});
}

} // namespace paddock::simulation
