#include "src/hosts.hpp"
#include "src/log.hpp"
#include "src/zk_complaint.hpp"
#include "src/zk_driver.hpp"

#include <sys/socket.h>
#include <utility>

namespace paddock::detail {
namespace {

// How many packets one session takes in before the others get their turn: some hundred
// microseconds' worth.
constexpr int packets_per_turn = 64;

// Past this part of the session's time-out without a turn the thread, or the machine, has been
// asleep: what the server sent meanwhile is looked at before anything is called late.
constexpr int asleep_share = 8;

// More packets than any receive buffer holds.
constexpr int buffered_packets_max = 10'000'000;

} // namespace

void zk_driver::take_in(fd_watch::ready ready)
{
    if (session_over_ || !handle_.has_socket() || !(ready.read || ready.write))
        return;
    for (int packets = 0; packets < packets_per_turn; ++packets) {
        // While TCP is being set up any news are the end of that, good or bad, and reading would
        // take the handshake's bytes for a packet.
        const bool setting_up = handle_.link() == link_state::connecting;
        const bool write = packets == 0 && (ready.write || setting_up);
        const auto progress = handle_.process(!setting_up, write);
        settle();
        if (progress == zk_handle::progress::failed && !handle_.has_socket())
            forget_calls();
        if (progress != zk_handle::progress::packet || session_over_)
            return;
    }
}

void zk_driver::advance()
{
    if (session_over_)
        return;
    if (runtime_.now() - last_interest_ > session_timeout_ / asleep_share && connected_)
        take_in({.read = true});
    if (calls_.earliest_deadline() <= runtime_.now())
        expire_calls();
    if (attempting_ && pacer_.give_up() <= runtime_.now())
        break_connection();
    if (session_over_)
        return;
    if (handle_.has_socket())
        poll_interest();
    else if (pacer_.next_attempt() <= runtime_.now())
        connect();
}

// The connection is broken up, so that the C client ends all its calls. Test: "an unanswered
// request ends in doubt within its patience", integration.
void zk_driver::expire_calls()
{
    take_in({.read = true}); // it may be we who are late
    if (calls_.earliest_deadline() > runtime_.now())
        return;
    log_warn("a request was not answered in time; the connection is replaced");
    if (handle_.has_socket())
        return break_connection();
    end_all_calls(reply_code::in_doubt);
    unflushed_ = true; // they must not be sent any more
}

void zk_driver::connect()
{
    apply_servers();
    connect_started_ = runtime_.now();
    pacer_.started(connect_started_);
    if (!handle_.is_open() && !handle_.open(servers_))
        return attempt_failed();
    attempting_ = true;
    poll_interest();
}

void zk_driver::poll_interest()
{
    const bool had_socket = handle_.has_socket();
    last_interest_ = runtime_.now();
    auto wanted = handle_.interest();
    if (wanted.ok && wanted.fd < 0)
        wanted = handle_.interest(); // that was a pause of the C client's own; ours is over
    settle();
    if (!wanted.ok && had_socket && !handle_.has_socket())
        forget_calls();
    if (!wanted.ok || wanted.fd < 0 || session_over_)
        return;
    next_interest_ = last_interest_ + wanted.wait;
    write_wanted_ = wanted.write;
    opened(wanted.fd);
}

void zk_driver::opened(int fd)
{
    socket_ = fd;
    watch_.attach(fd);
    // After a silent disconnect the C client would let the new connection stand, take its first
    // answer for a wrong one and end all old calls then, with a second loss. This ends them first.
    if (unflushed_ || watch_.fd() < 0)
        break_connection();
}

// There is no call for it; a socket that is shut down looks to the C client like one the server
// has closed. What had arrived by then still counts.
void zk_driver::break_connection()
{
    if (!handle_.has_socket())
        return;
    ::shutdown(socket_, SHUT_RDWR);
    // Every turn of this takes a packet out of a buffer that nobody fills any more.
    for (int left = buffered_packets_max; left > 0 && handle_.has_socket(); --left)
        handle_.process(handle_.link() != link_state::connecting, true);
    settle();
    forget_calls();
}

// After every call of the C client: it closes its socket, and may lose a session, without a word.
void zk_driver::settle()
{
    if (handle_.has_socket()) {
        if (session_over_) // told by another session id: the C client knows nothing of it
            break_connection();
        return;
    }
    watch_.drop();
    socket_ = -1;
    write_wanted_ = false;
    if (session_over_)
        return end_all_calls(reply_code::session_over);
    if (connected_) {
        went_down();
        unflushed_ = !calls_.empty();
    }
    if (attempting_)
        attempt_failed();
}

// When the C client has told of a loss it has ended all calls. What is left now it has lost: an
// answer whose number is one of its reserved ones (ZOOKEEPER-3286) ends nothing.
void zk_driver::forget_calls()
{
    unflushed_ = false;
    end_all_calls(session_over_ ? reply_code::session_over : reply_code::in_doubt);
}

void zk_driver::went_up()
{
    const auto session = handle_.session();
    if (session_ && *session_ != session)
        return end_session(session_end::expired); // another session in its place
    session_ = session;
    if (connected_)
        went_down();
    connected_ = true;
    attempting_ = false;
    rounds_reported_ = 0;
    session_timeout_ = handle_.session_timeout();
    pacer_.set_session_timeout(session_timeout_);
    pacer_.connected(runtime_.now());
    const connection_info info{.session_id = session.id,
                               .session_timeout = handle_.session_timeout(),
                               .connect_started = connect_started_};
    tell([info](zk_events& events) { events.on_connected(info); });
}

void zk_driver::went_down()
{
    if (!std::exchange(connected_, false))
        return;
    pacer_.lost(runtime_.now(), runtime_.random());
    tell([](zk_events& events) { events.on_disconnected(); });
}

void zk_driver::attempt_failed()
{
    attempting_ = false;
    pacer_.failed(runtime_.now(), runtime_.random());
    const std::size_t rounds = pacer_.failed_rounds();
    // Said after the first round and then ever more rarely: the log of a long outage stays short.
    if (rounds == 0 || rounds < 2 * rounds_reported_)
        return;
    rounds_reported_ = rounds;
    log_warn("no ZooKeeper server could be reached, tried all of " + to_connect_string(servers_) +
             "; the last one: " + last_complaint());
}

void zk_driver::end_session(session_end reason)
{
    if (std::exchange(session_over_, true))
        return;
    connected_ = attempting_ = false;
    tell([reason](zk_events& events) { events.on_session_over(reason); });
}

void zk_driver::reconnect()
{
    if (phase_ != phase::open || session_over_)
        return;
    break_connection();
    pacer_.at_once();
    kick();
}

void zk_driver::set_servers(std::vector<endpoint> servers)
{
    if (phase_ != phase::open || session_over_ || servers.empty())
        return;
    servers_ = odd_rotation(std::move(servers), runtime_.random());
    new_servers_ = servers_;
    if (!connected_ || !connected_to_any(watch_.fd(), servers_))
        break_connection();
    pacer_.set_servers(servers_.size());
    kick();
}

// Only without a socket: the C client may drop a connection here without telling.
void zk_driver::apply_servers()
{
    if (!new_servers_ || !handle_.is_open())
        return;
    if (!handle_.set_servers(*new_servers_))
        log_warn("the new servers cannot be used: " + to_connect_string(*new_servers_));
    new_servers_.reset();
}

} // namespace paddock::detail
