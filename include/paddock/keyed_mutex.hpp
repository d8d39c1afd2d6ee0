#pragma once

#include <paddock/clock.hpp>
#include <paddock/config.hpp>
#include <paddock/error.hpp>
#include <paddock/hold.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace paddock {

class session;

namespace detail {
struct lock_space;
using lock_signature = void(error_code, hold);
using try_lock_signature = void(error_code, std::optional<hold>);
using lock_handler = boost::asio::any_completion_handler<lock_signature>;
using try_lock_handler = boost::asio::any_completion_handler<try_lock_signature>;
void start_lock(std::shared_ptr<lock_space> space, std::string key, lock_handler handler);
void start_try_lock(std::shared_ptr<lock_space> space,
                    std::string key,
                    std::chrono::nanoseconds limit,
                    try_lock_handler handler);

/// What the retained keys of a lock object tell without the ensemble: a hold, or that it looks
/// once and somebody is in front. Nothing: the ensemble has to be asked.
std::optional<std::optional<hold>> look_at_retained(const lock_space& space,
                                                    std::string_view key,
                                                    std::optional<std::chrono::nanoseconds> limit);
const boost::asio::any_io_executor& fallback_executor(const lock_space& space);

/// Completes a call that is settled already, on the handler's executor, never inside this call.
template <class Handler, class Outcome>
void complete_later(Handler handler, const lock_space& space, Outcome outcome)
{
    const auto executor = boost::asio::get_associated_executor(handler, fallback_executor(space));
    boost::asio::post(executor,
                      [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
                          std::move(handler)(error_code(), std::move(outcome));
                      });
}
} // namespace detail

/// Fair mutual exclusion per key, across all processes of an ensemble.
///
/// Each key is a queue of znodes under `root`; waiters are served in order of arrival, also those
/// of Curator, kazoo and go-zookeeper on the same path. Keys may hold any bytes; they are encoded
/// into one znode name (docs/design.md).
///
/// Errors of every locking call, thrown or completed with:
/// - `errc::key_invalid`: the key is empty or longer than 255 bytes once encoded.
/// - `errc::unreachable`: no connection within `session_config::connect_timeout`.
/// - `errc::session_lost`: the session ended while waiting; nothing is held, lock again.
/// - `errc::session_closed`, `errc::ensemble_lost`, `errc::auth_refused`: the session is closed.
/// - `errc::not_authorized`, `errc::root_not_creatable`: see the ACLs of the ensemble.
/// - `errc::queue_full`, `errc::queue_worn_out`, `errc::too_many_requests`,
///   `errc::too_many_watches`: a limit; docs/errors.md says how to go on.
/// - `errc::would_deadlock`: a blocking form on the I/O thread.
///
/// With `lock_config::handoffs_max` a key may pass along the waiting calls of this object before it
/// is others' turn. With `lock_config::retain_for` a key that was released may be taken again at
/// once, on the thread of the call, as long as nobody else queues for it (docs/guarantees.md).
///
/// Threads: any, all members; copies share the session and the retained keys.
/// Lifetime: may be destroyed while waits are outstanding and holds are held.
/// Source: ZooKeeper recipes, "Locks"; docs/guarantees.md.
class keyed_mutex {
public:
    /// Locks under the znode `root`, an absolute path, made when it is first needed.
    ///
    /// Errors: `std::invalid_argument`, for a bad path or a bad member of the configuration.
    keyed_mutex(session& owner, std::string_view root, lock_config config = {});

    /// Waits until the lock on `key` is granted. Throws `system_error`.
    hold lock(std::string_view key);
    /// The same; the hold is engaged exactly when `ec` is success.
    hold lock(std::string_view key, error_code& ec);

    /// Takes the lock if nobody is in front. Empty: somebody is.
    ///
    /// Usually one round trip. Beside many other requests it may share a transaction with them; if
    /// somebody is there, a second round trip tells whether he is in front.
    ///
    /// Without a connection it waits for one, for up to `session_config::connect_timeout`. Where
    /// keys are retained, one that this object's own hold is on is answered for at once.
    std::optional<hold> try_lock(std::string_view key);
    std::optional<hold> try_lock(std::string_view key, error_code& ec);

    /// Waits for the lock for at most `limit`. Empty: the time passed; nothing of the attempt is
    /// left behind (its znode is deleted in the background).
    ///
    /// Limits: any duration; one longer than a year counts as a year.
    template <class Rep, class Period>
    std::optional<hold> try_lock_for(std::string_view key, std::chrono::duration<Rep, Period> limit)
    {
        return try_lock_within(key, detail::bounded(limit));
    }
    template <class Rep, class Period>
    std::optional<hold>
    try_lock_for(std::string_view key, std::chrono::duration<Rep, Period> limit, error_code& ec)
    {
        return try_lock_within(key, detail::bounded(limit), ec);
    }

    /// The same with a point in time of any clock.
    template <class Clock, class Duration>
    std::optional<hold> try_lock_until(std::string_view key,
                                       std::chrono::time_point<Clock, Duration> deadline)
    {
        return try_lock_within(key, detail::bounded_until(deadline));
    }

    /// Waits until the lock on `key` is granted.
    ///
    /// Creates one ephemeral sequential znode, unless it stands in line in this process, and
    /// watches only its predecessor: a release wakes one. Completes with: `void(error_code, hold)`;
    /// the hold is engaged exactly when the code is success. Errors: those of the class.
    /// `asio::error::operation_aborted`: cancelled. Cancellation: total, partial, terminal. With
    /// total the call completes when no znode of this
    ///   attempt remains, or the session that owned it has ended; else at once, and the znode is
    ///   deleted in the background.
    /// Threads: any. The handler runs on its own executor, never inside this call.
    /// Lifetime: the mutex may be destroyed while the wait is outstanding.
    /// Source: ZooKeeper recipes, "Locks"; docs/guarantees.md.
    template <boost::asio::completion_token_for<detail::lock_signature> Token>
    auto async_lock(std::string_view key, Token&& token)
    {
        auto start = [](auto handler, std::shared_ptr<detail::lock_space> space, std::string name) {
            if (auto known = detail::look_at_retained(*space, name, std::nullopt))
                detail::complete_later(std::move(handler), *space, **std::move(known));
            else
                detail::start_lock(std::move(space), std::move(name), std::move(handler));
        };
        return boost::asio::async_initiate<Token, detail::lock_signature>(
            std::move(start), token, space_, std::string(key));
    }

    /// Takes the lock if nobody is in front.
    ///
    /// Completes with: `void(error_code, std::optional<hold>)`; empty without an error: somebody
    /// is. Errors, Cancellation, Threads, Lifetime: as `async_lock`.
    template <boost::asio::completion_token_for<detail::try_lock_signature> Token>
    auto async_try_lock(std::string_view key, Token&& token)
    {
        return async_try_lock_for(
            key, std::chrono::nanoseconds::zero(), std::forward<Token>(token));
    }

    /// Waits for the lock for at most `limit`.
    ///
    /// Completes with: `void(error_code, std::optional<hold>)`; empty without an error: the time
    ///   passed, and the znode is deleted in the background.
    /// Errors, Cancellation, Threads, Lifetime: as `async_lock`.
    /// Limits: zero or less looks once, as `try_lock`, and does not wait in the queue.
    template <class Rep,
              class Period,
              boost::asio::completion_token_for<detail::try_lock_signature> Token>
    auto async_try_lock_for(std::string_view key,
                            std::chrono::duration<Rep, Period> limit,
                            Token&& token)
    {
        auto start = [](auto handler,
                        std::shared_ptr<detail::lock_space> space,
                        std::string name,
                        std::chrono::nanoseconds at_most) {
            if (auto known = detail::look_at_retained(*space, name, at_most))
                detail::complete_later(std::move(handler), *space, *std::move(known));
            else
                detail::start_try_lock(
                    std::move(space), std::move(name), at_most, std::move(handler));
        };
        return boost::asio::async_initiate<Token, detail::try_lock_signature>(
            std::move(start), token, space_, std::string(key), detail::bounded(limit));
    }

private:
    friend class mutex;
    explicit keyed_mutex(std::shared_ptr<detail::lock_space> space);

    std::optional<hold> try_lock_within(std::string_view key, std::chrono::nanoseconds limit);
    std::optional<hold>
    try_lock_within(std::string_view key, std::chrono::nanoseconds limit, error_code& ec);

    std::shared_ptr<detail::lock_space> space_;
};

} // namespace paddock
