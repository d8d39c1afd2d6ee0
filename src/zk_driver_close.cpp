#include "src/zk_driver.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <sys/socket.h>
#include <utility>

namespace paddock::detail {
namespace {

// How long a close waits for the answers to what was sent before it; also no longer than T/8.
constexpr std::chrono::milliseconds flush_max{500};
constexpr int flush_share = 8;

// How long the ensemble may take to commit the end of the session: the C client's own limit.
constexpr std::chrono::milliseconds farewell_max{1'500};

// The server may still send watch events before its answer; more than this comes in the next turn.
constexpr int reads_per_turn = 16;

} // namespace

zk_driver::~zk_driver()
{
    *events_ = nullptr;
    if (phase_ != phase::closed)
        shut_down(reply_code::in_doubt);
    if (queue_.empty())
        return;
    // Handlers are owed their call, but not inside whatever destroys us.
    runtime_.post([owed = std::make_shared<std::deque<task>>(std::move(queue_))] {
        for (const task& each : *owed)
            each();
    });
}

void zk_driver::close(done handler)
{
    const time_point now = runtime_.now();
    if (phase_ != phase::open) {
        queue_.push_back([handler = std::move(handler), now] {
            handler({.code = reply_code::in_doubt, .sent = now, .received = now});
        });
        return kick();
    }
    *events_ = nullptr;
    close_handler_ = std::move(handler);
    close_started_ = now;
    closing_self_ = shared_from_this();
    // A call that waits for long already says that the server is not well: it would only cost time.
    const nanoseconds patience = std::min<nanoseconds>(session_timeout_ / flush_share, flush_max);
    if (session_over_)
        finish_close(reply_code::session_over);
    else if (!connected_ || now - calls_.oldest_sent() > patience)
        finish_close(reply_code::in_doubt);
    else if (calls_.empty())
        ask_to_close();
    else
        flush(patience);
    kick();
}

// Answers come in the order of the requests: that of a cheap one follows all others.
void zk_driver::flush(nanoseconds patience)
{
    phase_ = phase::flushing;
    const auto number = calls_.add(
        runtime_.now(), patience, [weak = weak_from_this()](const reply& end, zk_answer&) {
            if (const auto self = weak.lock())
                self->on_flushed(end.code);
        });
    if (handle_.stat(number, "/"))
        return finish_close(reply_code::in_doubt);
    settle();
}

void zk_driver::on_flushed(reply_code code)
{
    if (phase_ != phase::flushing)
        return;
    if (code == reply_code::in_doubt || code == reply_code::session_over)
        finish_close(code);
    else
        ask_to_close();
}

void zk_driver::ask_to_close()
{
    watch_.push();
    poll_interest();
    if (write_wanted_) { // a ping, or watches set again: it goes first
        handle_.process(false, true);
        settle();
        poll_interest();
    }
    if (!connected_ || write_wanted_)
        return finish_close(reply_code::in_doubt);
    const auto request = close_request();
    // 12 bytes into an empty buffer go out whole, or not at all.
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
        static_cast<ssize_t>(request.size()))
        return finish_close(reply_code::in_doubt);
    phase_ = phase::leaving;
    close_deadline_ = runtime_.now() + farewell_max;
}

void zk_driver::take_in_farewell()
{
    std::array<unsigned char, 4096> buffer{};
    bool ended = runtime_.now() >= close_deadline_;
    for (int reads = 0; reads < reads_per_turn; ++reads) {
        const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count > 0) {
            farewell_.feed(std::span(buffer).first(static_cast<std::size_t>(count)));
            continue;
        }
        ended = ended || count == 0 || (errno != EAGAIN && errno != EINTR);
        break;
    }
    if (farewell_.complete())
        finish_close(reply_code::ok);
    else if (ended)
        finish_close(reply_code::in_doubt);
}

void zk_driver::finish_close(reply_code code)
{
    shut_down(code);
    closing_self_.reset(); // whoever called us holds another
    kick();
}

// The C client finds its socket shut down, sends nothing and waits for nothing.
void zk_driver::shut_down(reply_code code)
{
    phase_ = phase::closed;
    if (socket_ >= 0)
        ::shutdown(socket_, SHUT_RDWR);
    watch_.drop();
    socket_ = -1;
    connected_ = attempting_ = false;
    handle_.close();
    end_all_calls(session_over_ ? reply_code::session_over : reply_code::in_doubt);
    if (timer_ != 0)
        runtime_.cancel(std::exchange(timer_, 0));
    if (!close_handler_)
        return;
    const reply end{.code = code, .sent = close_started_, .received = runtime_.now()};
    queue_.push_back([handler = std::exchange(close_handler_, nullptr), end] { handler(end); });
}

} // namespace paddock::detail
