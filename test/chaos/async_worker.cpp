#include "test/chaos/async_worker.hpp"

#include "test/chaos/resource_client.hpp"
#include "test/chaos/run_names.hpp"
#include <paddock/mutex.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <utility>

namespace paddock::test {

namespace asio = boost::asio;
using checker::event_kind;

namespace {

/// Cancels one call some time from now; harmless once the call has ended.
class canceller {
public:
    canceller(const asio::any_io_executor& executor, const attempt_plan& plan) : timer_(executor)
    {
        if (!plan.cancel_after)
            return;
        timer_.expires_after(*plan.cancel_after);
        const auto type = plan.cancel_totally ? asio::cancellation_type::total
                                              : asio::cancellation_type::terminal;
        timer_.async_wait([signal = signal_, type](error_code ec) {
            if (!ec)
                signal->emit(type);
        });
    }

    asio::cancellation_slot slot() { return signal_->slot(); }

private:
    std::shared_ptr<asio::cancellation_signal> signal_ =
        std::make_shared<asio::cancellation_signal>();
    asio::steady_timer timer_;
};

class worker {
public:
    worker(client_world& world, std::size_t number, asio::any_io_executor executor)
        : world_(world), place_(number % world.sets.size()), executor_(std::move(executor)),
          resource_(executor_, world.options.resource), timer_(executor_),
          chance_(world.options.seed * 1'000 + number)
    {
    }

    asio::awaitable<void> run()
    {
        while (!world_.stopping) {
            const auto plan = draw_attempt(chance_, world_.keys, false);
            co_await attempt(plan);
        }
    }

private:
    asio::awaitable<void> attempt(const attempt_plan& plan)
    {
        attempt_record record(world_.book, plan.key);
        record.called(plan);
        error_code ec;
        auto got = co_await ask(plan, ec);
        if (!got) {
            record.refused(ec);
            if (ec && ec != asio::error::operation_aborted)
                co_await pause(error_pause);
            co_return;
        }
        record.granted(*got);
        co_await use(plan, record, *got);
        co_await leave(plan, record, std::move(*got));
    }

    asio::awaitable<std::optional<hold>> ask(const attempt_plan& plan, error_code& ec)
    {
        const auto set = world_.sets.get(place_); // alive while the call lasts
        const auto name = key_name(plan.key);
        canceller cancel(executor_, plan);
        const auto token = [&] { // a binder is moved into its call
            return asio::bind_cancellation_slot(cancel.slot(),
                                                asio::redirect_error(asio::use_awaitable, ec));
        };
        if (plan.object == lock_object::plain) {
            mutex one(set->owner, std::string(lock_root) + "/" + name);
            if (plan.how == asking::lock)
                co_return engaged(co_await one.async_lock(token()), ec);
            co_return co_await one.async_try_lock_for(plan.limit_of_call(), token());
        }
        auto& locks = set->locks(plan.object);
        if (plan.how == asking::lock)
            co_return engaged(co_await locks.async_lock(name, token()), ec);
        co_return co_await locks.async_try_lock_for(name, plan.limit_of_call(), token());
    }

    static std::optional<hold> engaged(hold got, const error_code& ec)
    {
        return ec ? std::nullopt : std::optional<hold>(std::move(got));
    }

    /// Read, stay, write: what the lock is for.
    asio::awaitable<void> use(const attempt_plan& plan, attempt_record& record, const hold& held)
    {
        auto asked = request_of(world_, resource_call::read, plan.key, record);
        asked.token = held.token().value();
        const auto seen = co_await resource_.async_ask(asked);
        if (!seen.accepted || !co_await stay(plan.stay, record, held))
            co_return;
        if (plan.verify) {
            error_code ec;
            co_await held.async_verify(asio::redirect_error(asio::use_awaitable, ec));
            if (ec)
                co_return;
        }
        if (!plan.write || !record.look(held)) // the last look before the write
            co_return;
        if (plan.hesitate.count() > 0)
            co_await pause(plan.hesitate);
        asked.what = resource_call::write;
        asked.value = seen.value + 1;
        record.increment(event_kind::increment_sent);
        const auto done = co_await resource_.async_ask(asked);
        record.increment(done.accepted ? event_kind::incremented : event_kind::increment_refused);
    }

    asio::awaitable<bool>
    stay(std::chrono::milliseconds time, attempt_record& record, const hold& held)
    {
        for (auto left = time; left.count() > 0; left -= look_interval) {
            co_await pause(std::min(left, look_interval));
            if (!record.look(held))
                co_return false;
        }
        co_return true;
    }

    asio::awaitable<void> leave(const attempt_plan& plan, attempt_record& record, hold held)
    {
        if (!record.end(held)) {
            co_await lose(record, plan);
            co_return;
        }
        error_code ignored; // a hold that is lost after `end` was released in time all the same
        if (plan.leave == leaving::async_release)
            co_await held.async_release(asio::redirect_error(asio::use_awaitable, ignored));
        else if (plan.leave == leaving::release)
            held.release();
    }

    asio::awaitable<void> lose(attempt_record& record, const attempt_plan& plan)
    {
        const auto told = request_of(world_, resource_call::lost, plan.key, record);
        co_await resource_.async_ask(told);
        const auto give_up = boot_clock::now() + signal_limit;
        while (!record.signalled() && boot_clock::now() < give_up)
            co_await pause(look_interval);
    }

    asio::awaitable<void> pause(std::chrono::milliseconds time)
    {
        timer_.expires_after(time);
        co_await timer_.async_wait(asio::use_awaitable);
    }

    client_world& world_;
    std::size_t place_;
    asio::any_io_executor executor_;
    resource_client resource_;
    asio::steady_timer timer_;
    std::mt19937_64 chance_;
};

} // namespace

asio::awaitable<void> work_async(client_world& world, std::size_t number)
{
    worker one(world, number, co_await asio::this_coro::executor);
    co_await one.run();
    --world.working;
}

} // namespace paddock::test
