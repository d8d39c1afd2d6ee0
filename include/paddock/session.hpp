#pragma once

#include <paddock/clock.hpp>
#include <paddock/config.hpp>
#include <paddock/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace paddock {

/// Where a session stands.
enum class session_state {
    connecting, ///< no session yet in this epoch
    connected,  ///< answers arrive; locks can be taken
    suspended,  ///< no connection, or no proof that the ensemble still knows us: locks may be gone
    lost,       ///< the session is over and every lock of it is gone; a new epoch begins
    closed,     ///< for good
};

std::string_view to_string(session_state state) noexcept;

/// A session at one moment.
struct session_status {
    std::uint64_t version{0}; ///< rises with every change
    session_state state{session_state::connecting};
    std::uint64_t epoch{0};     ///< rises with every new session; 0 before the first
    std::int64_t session_id{0}; ///< the ensemble's name for it; 0 while there is none
    std::chrono::milliseconds negotiated_timeout{0}; ///< what the server granted; 0 before
    error_code reason{};                             ///< why it is not connected, if it is not
    std::string explanation{};                       ///< the reason for a person, with figures
};

/// What a session has done since it was made. Each figure is exact; they are read one by one, so
/// two of them may be of different moments.
struct session_usage {
    std::uint64_t requests;     ///< sent to the ensemble, all kinds
    std::uint64_t writes;       ///< of these, creates, deletes and transactions
    std::uint64_t batched;      ///< contenders created and deleted in transactions with others
    std::uint64_t evidence;     ///< of the writes, quorum checks made only to keep belief
    std::uint64_t heartbeats;   ///< of the requests, reads made only to be heard
    std::uint64_t in_doubt;     ///< answers lost
    std::uint64_t watch_events; ///< wake-ups received from the ensemble
    std::uint64_t connects;     ///< connections made
    std::uint64_t epochs;       ///< sessions made
    std::uint64_t grants;       ///< locks granted
    std::uint64_t holds_lost;   ///< of these, lost before they were released
    std::uint64_t reaped;       ///< contender znodes confirmed gone
    std::uint64_t reaping;      ///< contenders now being deleted, until that is confirmed
    std::uint64_t holds;        ///< now held
    std::uint64_t retained;     ///< contenders now kept between two holds
    std::uint64_t retaken;      ///< of the grants, those of retained keys and those handed on
    std::uint64_t contenders;   ///< attempts, holds and retained keys now alive
    std::uint64_t watches; ///< now set: on contenders of others, and on the queues of retained keys
    std::uint64_t local_waits; ///< attempts now waiting for contenders of this session: no watch
    std::uint64_t queued;      ///< requests now waiting for their turn
};

namespace detail {
class session_core;
struct session_access;
using plain_handler = boost::asio::any_completion_handler<void(error_code)>;
using status_handler = boost::asio::any_completion_handler<void(error_code, session_status)>;
void start_next_status(std::shared_ptr<session_core> core,
                       std::uint64_t seen,
                       status_handler handler);
void start_close(std::shared_ptr<session_core> core, plain_handler handler);
} // namespace detail

/// A ZooKeeper session that stays alive: it reconnects with jittered back-off, and after a loss it
/// renews itself under a new epoch. Locks are made from it.
///
/// One session serves a whole process; make it at start-up and give it to the locks by reference.
///
/// | state      | a lock call                       | holds                         |
/// | ---------- | --------------------------------- | ----------------------------- |
/// | connecting | waits for up to `connect_timeout` | there are none                |
/// | connected  | goes to the ensemble              | held                          |
/// | suspended  | waits for up to `connect_timeout` | held until `valid_until()`    |
/// | lost       | waits for up to `connect_timeout` | lost                          |
/// | closed     | fails with `errc::session_closed` | lost                          |
///
/// Threads: any, all members. Do not fork while a session lives: its I/O thread stays behind.
/// Lifetime: locks and holds may outlive it and then fail with `errc::session_closed`.
class session {
public:
    /// Starts connecting and returns at once. Handlers without an executor of their own run on
    /// Asio's system pool.
    ///
    /// Errors: `std::invalid_argument`, naming the bad member of the configuration.
    explicit session(session_config config);

    /// The same, with the executor for handlers that have none of their own.
    session(boost::asio::any_io_executor executor, session_config config);

    session(session&&) noexcept;
    session& operator=(session&&) noexcept;
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    /// As `close()`; never blocks.
    ~session();

    /// Ends the session: waiters fail with `errc::session_closed`, holds are lost and their znodes
    /// deleted. Returns at once.
    ///
    /// At the exit of the process the I/O thread waits a bounded time for what is still closing.
    void close() noexcept;

    /// As `close()`, completing when the session is over and no completion of it is outstanding.
    ///
    /// Completes with: `void(error_code)`: success; `errc::in_doubt` if the ensemble could not be
    ///   told, which then ends the session when its time-out passes.
    /// Cancellation: terminal; the closing goes on.
    template <boost::asio::completion_token_for<void(error_code)> Token>
    auto async_close(Token&& token)
    {
        auto start = [](auto handler, std::shared_ptr<detail::session_core> core) {
            detail::start_close(std::move(core), std::move(handler));
        };
        return boost::asio::async_initiate<Token, void(error_code)>(std::move(start), token, core_);
    }

    session_state state() const;
    session_status status() const;
    std::uint64_t epoch() const;

    /// The session time-out that the server granted; zero before the first connection.
    std::chrono::milliseconds negotiated_timeout() const;

    session_usage usage() const;

    /// Waits, blocking, until the session is connected; says whether it is.
    ///
    /// Returns early with false if it is closed. Errors: `errc::would_deadlock` on the I/O thread.
    bool wait_connected(std::chrono::milliseconds limit) const;

    /// Waits for a status newer than `seen.version` and gives the latest there is.
    ///
    /// A slow subscriber skips what is outdated and never misses the latest: call it in a loop with
    /// what it gave last. A default-constructed `seen` gives the present status.
    /// Completes with: `void(error_code, session_status)`; after *closed* there is nothing newer
    /// and
    ///   it fails with `errc::session_closed`.
    /// Cancellation: terminal, partial, total.
    template <boost::asio::completion_token_for<void(error_code, session_status)> Token>
    auto async_next_status(const session_status& seen, Token&& token) const
    {
        auto start =
            [](auto handler, std::shared_ptr<detail::session_core> core, std::uint64_t version) {
                detail::start_next_status(std::move(core), version, std::move(handler));
            };
        return boost::asio::async_initiate<Token, void(error_code, session_status)>(
            std::move(start), token, core_, seen.version);
    }

    /// Changes the host list in place; the session and its locks stay. The chroot cannot change.
    ///
    /// Errors: `std::invalid_argument` if the list is malformed or has another chroot.
    void set_hosts(std::string_view hosts);

private:
    friend struct detail::session_access;
    explicit session(std::shared_ptr<detail::session_core> core);

    std::shared_ptr<detail::session_core> core_;
};

} // namespace paddock
