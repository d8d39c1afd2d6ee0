#include "test/chaos/blocking_worker.hpp"

#include "test/chaos/resource_client.hpp"
#include "test/chaos/run_names.hpp"
#include "test/support/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <optional>
#include <random>
#include <utility>

namespace paddock::test {

namespace asio = boost::asio;
using checker::event_kind;

namespace {

/// True when the time has passed, false when `given_up` became true before.
template <class Predicate>
bool pass(std::chrono::milliseconds time, Predicate given_up)
{
    const auto end = boot_clock::now() + time;
    bool stopped = false;
    wait_until([&] { return (stopped = given_up()) || boot_clock::now() >= end; }, 2 * wait_limit);
    return !stopped;
}

class worker {
public:
    worker(client_world& world, std::size_t number)
        : world_(world), place_(number % world.sets.size()),
          resource_(io_.get_executor(), world.options.resource),
          chance_(world.options.seed * 1'000 + 500 + number)
    {
    }

    void attempt()
    {
        const auto plan = draw_attempt(chance_, world_.keys, true);
        attempt_record record(world_.book, plan.key);
        record.called(plan);
        error_code ec;
        auto got = ask(plan, ec);
        if (!got) {
            record.refused(ec);
            if (ec)
                pass(error_pause, [] { return false; });
            return;
        }
        record.granted(*got);
        use(plan, record, *got);
        leave(plan, record, std::move(*got));
    }

private:
    std::optional<hold> ask(const attempt_plan& plan, error_code& ec)
    {
        const auto set = world_.sets.get(place_); // alive while the call lasts
        auto& locks = set->locks(plan.object);
        const auto name = key_name(plan.key);
        if (plan.how == asking::try_lock)
            return locks.try_lock(name, ec);
        if (plan.how == asking::try_lock_for)
            return locks.try_lock_for(name, plan.limit, ec);
        auto got = locks.lock(name, ec);
        return ec ? std::nullopt : std::optional<hold>(std::move(got));
    }

    void use(const attempt_plan& plan, attempt_record& record, const hold& held)
    {
        auto asked = request_of(world_, resource_call::read, plan.key, record);
        asked.token = held.token().value();
        const auto seen = resource_.ask(asked);
        if (!seen.accepted || !pass(plan.stay, [&] { return !record.look(held); }))
            return;
        error_code ec;
        if (plan.verify)
            held.verify(ec);
        if (ec || !plan.write || !record.look(held)) // the last look before the write
            return;
        pass(plan.hesitate, [] { return false; });
        asked.what = resource_call::write;
        asked.value = seen.value + 1;
        record.increment(event_kind::increment_sent);
        const auto done = resource_.ask(asked);
        record.increment(done.accepted ? event_kind::incremented : event_kind::increment_refused);
    }

    void leave(const attempt_plan& plan, attempt_record& record, hold held)
    {
        if (!record.end(held)) {
            resource_.ask(request_of(world_, resource_call::lost, plan.key, record));
            pass(signal_limit, [&] { return record.signalled(); });
            return;
        }
        if (plan.leave == leaving::async_release) {
            auto done = held.async_release(asio::use_future);
            done.wait(); // a hold that is lost after `end` was released in time all the same
        } else if (plan.leave == leaving::release) {
            held.release();
        }
    }

    client_world& world_;
    std::size_t place_;
    asio::io_context io_; // for the socket; never run
    resource_client resource_;
    std::mt19937_64 chance_;
};

} // namespace

void work_blocking(client_world& world, std::size_t number)
{
    worker one(world, number);
    while (!world.stopping)
        one.attempt();
    --world.working;
}

} // namespace paddock::test
