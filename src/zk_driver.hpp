#pragma once

// Drives one handle of the C client from Asio: the real implementation of the seam.
//
// A turn is: take in what the server sent, hand it on, let the C client do what is due, wait again.
// What the C client calls back with is queued and handed on after its call has returned, so a
// handler may make any call. zk_driver.cpp has the calls, zk_driver_connection.cpp the connection,
// zk_driver_close.cpp the end.

#include "src/close_request.hpp"
#include "src/connect_pacer.hpp"
#include "src/fd_watch.hpp"
#include "src/pending_calls.hpp"
#include "src/runtime.hpp"
#include "src/zk_client.hpp"
#include "src/zk_handle.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <memory>
#include <optional>

namespace paddock::detail {

class zk_driver final : public zk_client,
                        private zk_handle_events,
                        public std::enable_shared_from_this<zk_driver> {
public:
    /// Use `make_zk_driver`, which also starts it.
    zk_driver(boost::asio::io_context& io, runtime& world, client_config config, zk_events& events);
    /// Without a close before it, the session is left to expire; calls end in doubt.
    ~zk_driver() override;

    void start();

    void create(create_request request, nanoseconds patience, created handler) override;
    void children(std::string path, nanoseconds patience, listed handler) override;
    void watch(std::string path, nanoseconds patience, got handler) override;
    void watch_children(std::string path, nanoseconds patience, listed handler) override;
    void unwatch(std::string path, nanoseconds patience, done handler) override;
    void stat(std::string path, nanoseconds patience, got handler) override;
    void remove(std::string path, nanoseconds patience, done handler) override;
    void multi(std::vector<multi_op> ops, nanoseconds patience, committed handler) override;
    void sync(std::string path, nanoseconds patience, done handler) override;
    void reconnect() override;
    void set_servers(std::vector<endpoint> servers) override;

    /// Never blocks: the request to close is sent beside the C client, and its answer awaited.
    void close(done handler) override;

private:
    using finisher = std::function<void(const reply&, zk_answer&)>;
    using calls = pending_calls<finisher>;
    using task = runtime::task;

    enum class phase {
        open,
        flushing, ///< closing: waits for the outstanding answers
        leaving,  ///< closing: the request is out, waits for its answer
        closed,
    };

    // The calls.
    template <typename Send>
    void begin(nanoseconds patience, finisher finish, Send send);
    void tell(std::function<void(zk_events&)> event);
    void finish_call(calls::call call, zk_answer answer);
    void end_all_calls(reply_code code);

    // What the C client calls back with.
    void on_answer(std::uint64_t number, zk_answer answer) override;
    void on_link(link_state state) override;
    void on_watch_fired(std::string path) override;

    // Turns.
    void kick();
    void on_ready(fd_watch::ready ready);
    void turn(fd_watch::ready ready);
    void drain();
    void arm();
    time_point next_wake() const;

    // The connection.
    void take_in(fd_watch::ready ready);
    void advance();
    void connect();
    void poll_interest();
    void opened(int fd);
    void expire_calls();
    void break_connection();
    void settle();
    void forget_calls();
    void went_up();
    void went_down();
    void attempt_failed();
    void end_session(session_end reason);
    void apply_servers();

    // The end.
    void flush(nanoseconds patience);
    void on_flushed(reply_code code);
    void ask_to_close();
    void take_in_farewell();
    void finish_close(reply_code code);
    void shut_down(reply_code code);

    runtime& runtime_;
    // Null from the close on; shared, since events that are queued may outlive us.
    std::shared_ptr<zk_events*> events_;
    std::vector<endpoint> servers_;
    nanoseconds session_timeout_;
    zk_handle handle_;
    fd_watch watch_;
    connect_pacer pacer_;
    calls calls_;
    std::deque<task> queue_;

    int socket_{-1}; // the C client's, as long as the handle has one
    phase phase_{phase::open};
    bool connected_{false};
    bool session_over_{false};
    bool attempting_{false}; // a socket is open, the session not yet up
    bool unflushed_{false};  // the C client may hold calls of a connection that is gone
    bool kicked_{false};
    bool write_wanted_{false};
    std::optional<std::vector<endpoint>> new_servers_; // to be applied when there is no socket
    std::optional<zk_handle::identity> session_;
    time_point connect_started_;
    time_point last_interest_;
    time_point next_interest_;
    std::size_t rounds_reported_{0};

    runtime::timer_id timer_{0};
    time_point timer_due_{time_point::max()};

    done close_handler_;
    time_point close_started_;
    time_point close_deadline_{time_point::max()};
    close_answer farewell_;
    std::shared_ptr<zk_driver> closing_self_; // until closed, whoever lets go of us
};

/// Makes a client, which starts connecting.
/// Threads: the I/O thread. Lifetime: `io` and `world` outlive it, `events` its close.
std::shared_ptr<zk_client> make_zk_driver(boost::asio::io_context& io,
                                          runtime& world,
                                          client_config config,
                                          zk_events& events);

} // namespace paddock::detail
