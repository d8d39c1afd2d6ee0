#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace paddock::detail {

/// Where a blocking call waits for the result of its asynchronous form.
///
/// A result that comes after the wait was given up is destroyed: a late hold is released by that.
template <class Result>
class blocking_slot {
public:
    void put(Result result)
    {
        std::optional<Result> late; // destroyed outside the mutex: a hold's release posts
        {
            const std::lock_guard lock(mutex_);
            if (given_up_)
                late.emplace(std::move(result));
            else
                result_.emplace(std::move(result));
        }
        arrived_.notify_one();
    }

    Result take()
    {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return result_.has_value(); });
        return *std::move(result_);
    }

    /// Empty: nothing came by then.
    std::optional<Result> take_until(std::chrono::steady_clock::time_point limit)
    {
        std::unique_lock lock(mutex_);
        if (!arrived_.wait_until(lock, limit, [this] { return result_.has_value(); }))
            given_up_ = true;
        return std::move(result_);
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::optional<Result> result_;
    bool given_up_{false};
};

/// Wakes a blocking caller once: with its result, or with `otherwise` when it is destroyed before,
/// because the I/O thread has ended and drops what it was to do.
template <class Result>
class waker {
public:
    waker(std::shared_ptr<blocking_slot<Result>> to, Result otherwise)
        : to_(std::move(to)), otherwise_(std::move(otherwise))
    {
    }
    ~waker() { wake(std::move(otherwise_)); }
    waker(const waker&) = delete;
    waker& operator=(const waker&) = delete;

    void wake(Result result)
    {
        if (const auto to = std::exchange(to_, nullptr))
            to->put(std::move(result));
    }

private:
    std::shared_ptr<blocking_slot<Result>> to_;
    Result otherwise_;
};

} // namespace paddock::detail
