#pragma once

#include <paddock/clock.hpp>
#include <paddock/config.hpp>
#include <paddock/error.hpp>
#include <paddock/hold.hpp>
#include <paddock/keyed_mutex.hpp>

#include <boost/asio/async_result.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace paddock {

/// One fair lock, at one path, in the shape of `std::timed_mutex`: it works with
/// `std::scoped_lock`, `std::unique_lock` and `std::lock`.
///
/// It is not safe to assume that it stays locked until `unlock()`: inside, ask `held()` or use
/// `current_token()`. Code that can take a `hold` should: `async_lock` gives one.
///
/// Threads: any number may lock and unlock one object; `unlock()` must be called by the thread that
///   locked, as with any std mutex. A thread that locks twice gets `errc::would_deadlock`.
/// Errors: those of `keyed_mutex`.
class mutex {
public:
    /// The lock at the znode `path`, an absolute path, made when it is first needed.
    ///
    /// Errors: `std::invalid_argument`, for a bad path or a bad member of the configuration.
    mutex(session& owner, std::string_view path, lock_config config = {});
    ~mutex();
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    void lock();
    bool try_lock();

    template <class Rep, class Period>
    bool try_lock_for(std::chrono::duration<Rep, Period> limit)
    {
        return try_lock_within(detail::bounded(limit));
    }

    template <class Clock, class Duration>
    bool try_lock_until(std::chrono::time_point<Clock, Duration> deadline)
    {
        return try_lock_within(detail::bounded_until(deadline));
    }

    /// Releases this thread's lock; returns at once. Without one it does nothing.
    void unlock() noexcept;

    /// Whether this thread's lock may still be believed.
    bool held() const;

    /// The token of this thread's lock; zero without one.
    token current_token() const;

    /// As `keyed_mutex::async_lock`, giving a hold of its own, independent of `unlock()`.
    template <boost::asio::completion_token_for<detail::lock_signature> Token>
    auto async_lock(Token&& completion)
    {
        return keys_.async_lock(name_, std::forward<Token>(completion));
    }

    /// As `keyed_mutex::async_try_lock_for`, giving a hold of its own.
    template <class Rep,
              class Period,
              boost::asio::completion_token_for<detail::try_lock_signature> Token>
    auto async_try_lock_for(std::chrono::duration<Rep, Period> limit, Token&& completion)
    {
        return keys_.async_try_lock_for(name_, limit, std::forward<Token>(completion));
    }

private:
    bool try_lock_within(std::chrono::nanoseconds limit);

    struct owners;
    keyed_mutex keys_;
    std::string name_;
    std::unique_ptr<owners> owners_;
};

} // namespace paddock
