#pragma once

#include "src/runtime.hpp"

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/system_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace paddock::detail {

namespace asio = boost::asio;

/// The process's own threads, for who names no executor. A function given to the plain system
/// executor may run at once, where it is given; with this one it never does.
inline asio::any_io_executor system_pool()
{
    return asio::require(asio::system_executor(), asio::execution::blocking.never);
}

/// A user's handler on its way: keeps its executor from running dry, and delivers to it once.
///
/// Movable by construction only: assigning an erased handler recurses in Boost 1.81.
template <class Signature>
class completion;

template <class... Args>
class completion<void(Args...)> {
public:
    using handler_type = asio::any_completion_handler<void(Args...)>;

    completion(handler_type handler, const asio::any_io_executor& fallback)
        : handler_(std::move(handler)),
          executor_(asio::prefer(asio::get_associated_executor(handler_, fallback),
                                 asio::execution::outstanding_work.tracked))
    {
    }
    completion(completion&&) noexcept = default;
    completion& operator=(completion&&) = delete;

    /// Arranges that `give_up(type)` runs on the I/O thread when the user cancels.
    ///
    /// The slot lives where the caller lives and is fired there, so its handler only posts.
    void on_cancel(const std::shared_ptr<runtime>& io,
                   std::function<void(asio::cancellation_type)> give_up)
    {
        auto slot = asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected())
            return;
        slot.assign([io, give_up = std::move(give_up)](asio::cancellation_type type) {
            io->post([give_up, type] { give_up(type); });
        });
    }

    /// Delivers to the handler's executor; never runs the handler inside this call.
    void operator()(std::decay_t<Args>... args) &&
    {
        auto call = [handler = std::move(handler_),
                     values = std::make_tuple(std::move(args)...)]() mutable {
            auto slot = asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected())
                slot.clear();
            std::apply([&](auto&... value) { std::move(handler)(std::move(value)...); }, values);
        };
        const auto executor = std::move(executor_); // and its work, which ends here
        // The system executor may run a function inside dispatch(), which would be our I/O thread.
        if (executor.template target<asio::system_executor>() != nullptr)
            asio::post(asio::system_executor(), std::move(call));
        else
            asio::dispatch(executor, std::move(call));
    }

private:
    handler_type handler_;
    asio::any_completion_executor executor_;
};

/// A handler that two may complete, an answer and a cancellation: the first wins.
///
/// Threads: the I/O thread, once made.
class one_shot : public std::enable_shared_from_this<one_shot> {
public:
    using waiter = completion<void(boost::system::error_code)>;

    one_shot(waiter::handler_type handler, const asio::any_io_executor& fallback)
    {
        handler_.emplace(std::move(handler), fallback);
    }

    /// To be called where it is made, before anything is posted.
    void cancellable(const std::shared_ptr<runtime>& io)
    {
        handler_->on_cancel(io, [self = weak_from_this()](asio::cancellation_type) {
            if (const auto live = self.lock())
                live->complete(asio::error::operation_aborted);
        });
    }

    void complete(boost::system::error_code ec)
    {
        if (!handler_)
            return;
        auto handler = std::move(*handler_);
        handler_.reset();
        std::move(handler)(ec);
    }

private:
    std::optional<waiter> handler_;
};

} // namespace paddock::detail
