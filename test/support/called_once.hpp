#pragma once

/// Completion handlers that notice when they are not called exactly once, or from the wrong place.

#include "test/support/wait.hpp"

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace paddock::test {

namespace detail {
class call_record;
}

/// What became of one handler, and the verdict on it.
///
/// Make one for each operation, on the stack of the test, and wrap the handler:
///
///     call_check grant;
///     products.async_lock("42", called_once(grant, [&](error_code ec, hold h) { ... }));
///     grant.wait();
///
/// A fault is a handler that is destroyed without a call, called twice, called inside the
/// initiating function, called on the wrong executor, or not called by the end of this object.
/// Lifetime: the destructor reports faults to Catch2, with the line that made the check, unless
///   they were read by `failures()`. The handler may outlive it.
/// Threads: the handler may be called on any thread; the members are for the test's thread.
class call_check {
public:
    explicit call_check(source_line where = source_line::current());
    call_check(const call_check&) = delete;
    call_check& operator=(const call_check&) = delete;
    ~call_check();

    /// Waits until the handler has returned from a call.
    void wait(std::chrono::milliseconds limit = wait_limit,
              source_line where = source_line::current());

    bool called() const;

    /// The faults so far; reading them takes over from the destructor.
    std::vector<std::string> failures();

    const std::shared_ptr<detail::call_record>& record() const noexcept { return record_; }

private:
    std::shared_ptr<detail::call_record> record_;
    source_line where_;
    bool examined_ = false;
};

namespace detail {

/// Facts about one handler, shared by the handler, the token and the check.
class call_record {
public:
    call_record();
    ~call_record();

    void initiation_begins();
    void initiation_ends();
    void call_begins(bool right_executor);
    void call_ends();
    void dropped(); ///< The handler is gone; a fault unless it was called.

    bool called() const;
    std::vector<std::string> failures() const;

private:
    struct state; // with its mutex; in the source file
    std::unique_ptr<state> state_;
};

/// Stands for "any executor will do".
struct any_executor_will_do {
    bool running_in_this_thread() const noexcept { return true; }
};

/// The handler itself. Movable only, so that a second call cannot hide in a copy.
template <class Handler, class Executor>
class once_handler {
public:
    once_handler(std::shared_ptr<call_record> record, Handler handler, Executor executor)
        : record_(std::move(record)), handler_(std::move(handler)), executor_(std::move(executor))
    {
    }

    once_handler(once_handler&&) = default; // leaves the other without a record

    ~once_handler()
    {
        if (record_)
            record_->dropped();
    }

    template <class... Args>
    void operator()(Args&&... args)
    {
        const auto record = record_; // the handler may destroy *this
        record->call_begins(executor_.running_in_this_thread());
        handler_(std::forward<Args>(args)...);
        record->call_ends();
    }

    const Handler& inner() const noexcept { return handler_; }
    const Executor& executor() const noexcept { return executor_; }

private:
    std::shared_ptr<call_record> record_;
    Handler handler_;
    Executor executor_;
};

/// The completion token that `called_once` makes.
template <class Handler, class Executor>
struct once_token {
    std::shared_ptr<call_record> record;
    Handler handler;
    Executor executor;
};

} // namespace detail

/// Wraps a handler so that `check` learns what became of it. Associated executor, allocator and
/// cancellation slot stay those of `handler`.
template <class Handler>
auto called_once(const call_check& check, Handler handler)
{
    return detail::once_token<Handler, detail::any_executor_will_do>{
        check.record(), std::move(handler), {}};
}

/// As above; besides, the handler is associated with `executor` and must be called on it.
///
/// `executor` has `running_in_this_thread()`: that of an `io_context`, a `thread_pool`, a strand.
template <class Executor, class Handler>
auto called_once_on(const call_check& check, Executor executor, Handler handler)
{
    return detail::once_token<Handler, Executor>{
        check.record(), std::move(handler), std::move(executor)};
}

} // namespace paddock::test

/// Starts the operation; a call before this returns, on this thread, was inside it.
template <class Handler, class Executor, class Signature>
class boost::asio::async_result<paddock::test::detail::once_token<Handler, Executor>, Signature> {
public:
    using return_type = void;

    template <class Initiation, class Token, class... Args>
    static void initiate(Initiation&& initiation, Token&& token, Args&&... args)
    {
        const auto record = token.record;
        record->initiation_begins();
        std::forward<Initiation>(initiation)(
            paddock::test::detail::once_handler<Handler, Executor>(
                record, std::forward<Token>(token).handler, std::forward<Token>(token).executor),
            std::forward<Args>(args)...);
        record->initiation_ends();
    }
};

/// Passes on what is associated with the wrapped handler.
template <template <class, class> class Associator, class Handler, class Executor, class Default>
struct boost::asio::associator<Associator,
                               paddock::test::detail::once_handler<Handler, Executor>,
                               Default> : Associator<Handler, Default> {
    using wrapped = paddock::test::detail::once_handler<Handler, Executor>;

    static auto get(const wrapped& handler) noexcept
    {
        return Associator<Handler, Default>::get(handler.inner());
    }

    static auto get(const wrapped& handler, const Default& otherwise) noexcept
    {
        return Associator<Handler, Default>::get(handler.inner(), otherwise);
    }
};

/// The executor given to `called_once_on` comes before that of the wrapped handler.
template <class Handler, class Executor, class Default>
requires(!std::is_same_v<Executor, paddock::test::detail::any_executor_will_do>) struct boost::
    asio::associated_executor<paddock::test::detail::once_handler<Handler, Executor>, Default> {
    using type = Executor;

    static type get(const paddock::test::detail::once_handler<Handler, Executor>& handler,
                    const Default& = Default()) noexcept
    {
        return handler.executor();
    }
};
