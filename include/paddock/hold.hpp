#pragma once

#include <paddock/clock.hpp>
#include <paddock/error.hpp>
#include <paddock/token.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace paddock {

namespace detail {
class grant;
struct session_access;
using plain_handler = boost::asio::any_completion_handler<void(error_code)>;
void start_wait_lost(std::shared_ptr<grant> granted, plain_handler handler);
void start_verify(std::shared_ptr<grant> granted, plain_handler handler);
void start_release(std::shared_ptr<grant> granted, plain_handler handler);
} // namespace detail

/// A granted lock. It is not safe to assume that it lasts until it is released.
///
/// The session behind it may end at any moment: the process is stopped, the network fails, an
/// operator deletes the znode. A hold says so: ask `held()` before each step that must not happen
/// twice, wait for `lost()`, and give `token()` to the resource, which refuses lower ones.
///
/// A hold is *held*, then *released* or *lost*, once and for ever; a new grant is a new hold.
/// Threads: distinct holds from any threads; one hold from one thread at a time, except the
///   observers, which any thread may call at any time.
/// Lifetime: may outlive its mutex and its session (whose end loses it).
/// Source: docs/guarantees.md.
class hold {
public:
    /// No grant: `held()` is false and `release()` does nothing.
    hold() noexcept;
    explicit hold(std::shared_ptr<detail::grant> granted) noexcept;
    hold(hold&& other) noexcept;
    hold& operator=(hold&& other) noexcept;
    hold(const hold&) = delete;
    hold& operator=(const hold&) = delete;

    /// Releases; never blocks.
    ~hold();

    /// Gives the lock back and returns at once; says whether it was still held.
    ///
    /// The znode is deleted in the background and retried until it is gone or its session is over;
    /// or it stays, if the key is retained and nobody else wants it, or handed on.
    /// Calling it again is allowed and returns false.
    /// Threads: any, one at a time for one hold.
    bool release() noexcept;

    /// Gives the lock back and completes when its znode is confirmed gone, or the key retained or
    /// handed on.
    ///
    /// Completes with: `void(error_code)`.
    /// Errors: `errc::hold_lost`: it had been lost or released before; another process may have
    ///   held the key since. `errc::session_lost`: the session ended meanwhile, the znode with it.
    /// Cancellation: terminal; the release itself goes on.
    /// Threads: any. The handler runs on its own executor, never inside this call.
    template <boost::asio::completion_token_for<void(error_code)> Token>
    auto async_release(Token&& token)
    {
        // The hold travels whole: if the operation is dropped before it begins, its end releases
        // it.
        auto start = [](auto handler, hold ended) {
            detail::start_release(std::exchange(ended.grant_, nullptr), std::move(handler));
        };
        return boost::asio::async_initiate<Token, void(error_code)>(
            std::move(start), token, std::move(*this));
    }

    /// Whether the lock may still be believed. Local: no round trip, a clock read.
    ///
    /// Once false it stays false.
    /// Threads: any.
    bool held() const noexcept;
    explicit operator bool() const noexcept { return held(); }

    /// The time up to which the lock may be believed if nothing more is heard; the smallest value
    /// of the clock once it is lost or released. It moves forward while the session is well.
    /// Threads: any.
    boot_clock::time_point valid_until() const noexcept;

    /// The fencing token, which never changes.
    paddock::token token() const noexcept;

    /// The key, as it was given.
    const std::string& key() const noexcept;

    /// The path of the contender znode, chroot excluded, for logs and operators.
    const std::string& path() const noexcept;

    /// Stops when the hold is lost; not when it is released.
    ///
    /// It fires before the ensemble can give the key to another session, by an eighth of the
    /// session time-out at the least (docs/guarantees.md). Stop callbacks run on a thread of Asio's
    /// system pool, never on the I/O thread: keep them short, and never block a thread of that
    /// pool, or they come late; `held()` is right at any time. Threads: any.
    std::stop_token lost() const;

    /// Waits until the hold is lost or released.
    ///
    /// Completes with: `void(error_code)`: `errc::hold_lost` when lost, success when released.
    /// Cancellation: terminal, partial, total.
    /// Threads: any. The handler runs on its own executor, never inside this call.
    template <boost::asio::completion_token_for<void(error_code)> Token>
    auto async_wait_lost(Token&& token) const
    {
        auto start = [](auto handler, std::shared_ptr<detail::grant> granted) {
            detail::start_wait_lost(std::move(granted), std::move(handler));
        };
        return boost::asio::async_initiate<Token, void(error_code)>(
            std::move(start), token, grant_);
    }

    /// Asks the ensemble: commits a check of the contender through the quorum.
    ///
    /// Success means that the lock was held at a moment inside this call; for data kept elsewhere
    /// only the token makes a late write impossible.
    /// Completes with: `void(error_code)`.
    /// Errors: `errc::hold_lost`: not held, or no answer came while it could be believed: at most
    /// half
    ///   the session time-out.
    /// Cancellation: terminal, partial, total.
    /// Threads: any. The handler runs on its own executor, never inside this call.
    template <boost::asio::completion_token_for<void(error_code)> Token>
    auto async_verify(Token&& token) const
    {
        auto start = [](auto handler, std::shared_ptr<detail::grant> granted) {
            detail::start_verify(std::move(granted), std::move(handler));
        };
        return boost::asio::async_initiate<Token, void(error_code)>(
            std::move(start), token, grant_);
    }

    /// As `async_verify`, blocking. Errors: the same, and `errc::would_deadlock` on the I/O thread.
    void verify() const;
    void verify(error_code& ec) const;

private:
    friend struct detail::session_access;
    std::shared_ptr<detail::grant> grant_;
};

} // namespace paddock
