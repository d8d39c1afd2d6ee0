#include "src/zk_driver.hpp"

#include "src/hosts.hpp"

#include <algorithm>
#include <utility>

namespace paddock::detail {
namespace {

zk_handle::refusal not_open()
{
    return reply_code::in_doubt; // no server address could be used; it is tried again
}

} // namespace

std::shared_ptr<zk_client>
make_zk_driver(boost::asio::io_context& io, runtime& world, client_config config, zk_events& events)
{
    auto driver = std::make_shared<zk_driver>(io, world, std::move(config), events);
    driver->start();
    return driver;
}

zk_driver::zk_driver(boost::asio::io_context& io,
                     runtime& world,
                     client_config config,
                     zk_events& events)
    : runtime_(world), events_(std::make_shared<zk_events*>(&events)),
      servers_(odd_rotation(config.servers, world.random())),
      session_timeout_(config.session_timeout), handle_(config, *this),
      watch_(io, [this](fd_watch::ready ready) { on_ready(ready); }),
      pacer_(servers_.size(), session_timeout_)
{
}

void zk_driver::start()
{
    handle_.open(servers_);
    kick();
}

// ---- the calls ---------------------------------------------------------------------------------

template <typename Send>
void zk_driver::begin(nanoseconds patience, finisher finish, Send send)
{
    const bool over = session_over_ || phase_ != phase::open;
    if (!over && connected_)
        watch_.gather(); // until the turn that is kicked
    const auto number = calls_.add(runtime_.now(), patience, std::move(finish));
    const zk_handle::refusal refused = over                ? reply_code::session_over
                                       : handle_.is_open() ? send(number)
                                                           : not_open();
    if (refused) {
        if (auto call = calls_.take(number))
            finish_call(std::move(*call), {.code = *refused});
    }
    if (!over)
        settle(); // sending may have closed the socket
    kick();
}

void zk_driver::create(create_request request, nanoseconds patience, created handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer& answer) {
            handler(end, std::move(answer.path), answer.stat);
        },
        [&](calls::number id) { return handle_.create(id, request); });
}

void zk_driver::children(std::string path, nanoseconds patience, listed handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer& answer) {
            handler(end, std::move(answer.names), answer.stat);
        },
        [&](calls::number id) { return handle_.children(id, path); });
}

void zk_driver::watch_children(std::string path, nanoseconds patience, listed handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer& answer) {
            handler(end, std::move(answer.names), answer.stat);
        },
        [&](calls::number id) { return handle_.watch_children(id, path); });
}

void zk_driver::watch(std::string path, nanoseconds patience, got handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer& answer) {
            handler(end, answer.stat);
        },
        [&](calls::number id) { return handle_.watch(id, path); });
}

void zk_driver::unwatch(std::string path, nanoseconds patience, done handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer&) { handler(end); },
        [&](calls::number id) { return handle_.unwatch(id, path); });
}

void zk_driver::stat(std::string path, nanoseconds patience, got handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer& answer) {
            handler(end, answer.stat);
        },
        [&](calls::number id) { return handle_.stat(id, path); });
}

void zk_driver::remove(std::string path, nanoseconds patience, done handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer&) { handler(end); },
        [&](calls::number id) { return handle_.remove(id, path); });
}

void zk_driver::multi(std::vector<multi_op> ops, nanoseconds patience, committed handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer& answer) {
            handler(end, std::move(answer.transaction));
        },
        [&](calls::number id) { return handle_.multi(id, std::move(ops)); });
}

void zk_driver::sync(std::string path, nanoseconds patience, done handler)
{
    begin(
        patience,
        [handler = std::move(handler)](const reply& end, zk_answer&) { handler(end); },
        [&](calls::number id) { return handle_.sync(id, path); });
}

// ---- what the C client calls back with: noted, and handed on after its call --------------------

void zk_driver::on_answer(std::uint64_t number, zk_answer answer)
{
    if (auto call = calls_.take(number))
        finish_call(std::move(*call), std::move(answer));
}

void zk_driver::finish_call(calls::call call, zk_answer answer)
{
    const reply end{.code = answer.code, .sent = call.sent, .received = runtime_.now()};
    queue_.push_back([end, finish = std::move(call.handler), answer = std::move(answer)]() mutable {
        finish(end, answer);
    });
}

void zk_driver::end_all_calls(reply_code code)
{
    for (calls::call& call : calls_.take_all())
        finish_call(std::move(call), {.code = code});
}

void zk_driver::on_link(link_state state)
{
    switch (state) {
    case link_state::connected:
        return went_up();
    case link_state::expired:
        return end_session(session_end::expired);
    case link_state::auth_refused:
        return end_session(session_end::auth_refused);
    case link_state::none:
    case link_state::connecting:
    case link_state::handshake:
        return went_down();
    }
}

void zk_driver::on_watch_fired(std::string path)
{
    tell([path = std::move(path)](zk_events& events) { events.on_watch(path); });
}

void zk_driver::tell(std::function<void(zk_events&)> event)
{
    queue_.push_back([to = events_, event = std::move(event)] {
        if (*to != nullptr)
            event(**to);
    });
}

// ---- turns -------------------------------------------------------------------------------------

// Makes a turn soon: one for all that is asked for until then.
void zk_driver::kick()
{
    if (std::exchange(kicked_, true))
        return;
    runtime_.post([self = shared_from_this()] {
        self->kicked_ = false;
        self->turn({});
    });
}

void zk_driver::on_ready(fd_watch::ready ready)
{
    const auto self = shared_from_this(); // a handler may let go of us
    turn(ready);
}

void zk_driver::turn(fd_watch::ready ready)
{
    watch_.push();
    if (phase_ == phase::leaving)
        take_in_farewell();
    else
        take_in(ready);
    drain();
    watch_.push();
    if (phase_ == phase::open || phase_ == phase::flushing)
        advance();
    if (!queue_.empty())
        kick();
    arm();
}

// Only what is there now: a handler that is refused at once and asks again must not keep the other
// sessions waiting.
void zk_driver::drain()
{
    for (std::size_t left = queue_.size(); left > 0; --left) {
        const task next = std::move(queue_.front());
        queue_.pop_front();
        next();
    }
}

void zk_driver::arm()
{
    if (phase_ != phase::closed)
        watch_.arm(write_wanted_);
    const time_point due = next_wake();
    if (timer_ != 0 && timer_due_ <= due)
        return; // it comes early at worst, and is set anew then
    if (timer_ != 0)
        runtime_.cancel(std::exchange(timer_, 0));
    if (due == time_point::max())
        return;
    timer_due_ = due;
    timer_ = runtime_.call_at(due, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->timer_ = 0;
            self->turn({});
        }
    });
}

time_point zk_driver::next_wake() const
{
    if (phase_ == phase::closed)
        return time_point::max();
    if (phase_ == phase::leaving)
        return close_deadline_;
    if (session_over_)
        return time_point::max();
    time_point due = calls_.earliest_deadline();
    if (attempting_)
        due = std::min(due, pacer_.give_up());
    return std::min(due, socket_ >= 0 ? next_interest_ : pacer_.next_attempt());
}

} // namespace paddock::detail
