// A client process of a chaos run: locks, uses the guarded resource, lets go, and notes everything.
//
// The first SIGTERM makes it come to rest: no new attempts, all calls answered, nothing left over.
// It says so to the resource and keeps its sessions, so that the driver can look at the ensemble.
// The second one ends it.

#include "src/io_thread.hpp"
#include "test/chaos/async_worker.hpp"
#include "test/chaos/blocking_worker.hpp"
#include "test/chaos/client_world.hpp"
#include "test/chaos/resource_client.hpp"
#include "test/chaos/run_names.hpp"
#include "test/chaos/stall_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace paddock::test;
namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds poll_interval{10};

/// How long deletions may take once all calls are answered, on an ensemble that is well.
constexpr std::chrono::seconds clean_limit{30};

/// How long a session lives at the most before it is replaced by a new one, in use or not.
constexpr std::chrono::seconds session_life{40};

asio::awaitable<bool>
wait(asio::io_context& io, std::function<bool()> come_true, std::chrono::nanoseconds limit)
{
    asio::steady_timer timer(io);
    const auto give_up = paddock::boot_clock::now() + limit;
    while (!come_true()) {
        if (paddock::boot_clock::now() >= give_up)
            co_return false;
        timer.expires_after(poll_interval);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return true;
}

void note_close(client_world& world)
{
    paddock::checker::event closed;
    closed.kind = paddock::checker::event_kind::closed;
    closed.client = world.options.id;
    closed.time = event_time();
    world.log.append(closed, "");
}

/// Closes sessions that are in use, one now and then. The last close is awaited like an attempt:
/// its handler must not outlive the context that it runs on.
asio::awaitable<void> replace_sessions(asio::io_context& io, client_world& world)
{
    std::mt19937_64 chance(world.options.seed * 1'000 + 999);
    const auto longest =
        std::chrono::duration_cast<std::chrono::milliseconds>(session_life).count();
    while (!world.stopping) {
        const auto life = chance() % static_cast<std::uint64_t>(longest);
        if (co_await wait(
                io, [&] { return world.stopping.load(); }, std::chrono::milliseconds(life)))
            break;
        const auto old = world.sets.replace(chance() % world.sets.size());
        note_close(world); // before the close, and when no call can take the old session any more
        paddock::error_code in_doubt; // an outage: its time-out ends it
        co_await old->owner.async_close(asio::redirect_error(asio::use_awaitable, in_doubt));
    }
    --world.working;
}

/// What the sessions themselves know to be left: attempts, watches, requests.
std::int64_t left_over(const client_world& world)
{
    std::uint64_t sum = 0;
    for (std::size_t place = 0; place < world.sets.size(); ++place) {
        const auto usage = world.sets.get(place)->owner.usage();
        sum += usage.holds + usage.contenders + usage.watches + usage.local_waits + usage.queued +
               usage.reaping;
    }
    return static_cast<std::int64_t>(sum);
}

asio::awaitable<void> conduct(asio::io_context& io, client_world& world)
{
    asio::signal_set told(io, SIGTERM);
    co_await told.async_wait(asio::use_awaitable);
    world.stopping = true;
    co_await wait(
        io, [&] { return world.working == 0; }, paddock::detail::limit_max);
    co_await wait(
        io, [&] { return left_over(world) == 0; }, clean_limit);
    resource_client resource(io.get_executor(), world.options.resource);
    resource_request rest;
    rest.what = resource_call::at_rest;
    rest.client = world.options.id;
    rest.value = left_over(world);
    co_await resource.async_ask(rest);
    co_await told.async_wait(asio::use_awaitable);
    io.stop();
}

void run(const client_options& options)
{
    client_world world(options);
    asio::io_context io(1);
    const auto fatal = [](const std::exception_ptr& error) {
        if (error)
            std::rethrow_exception(error);
    };
    asio::co_spawn(io, conduct(io, world), fatal);
    asio::co_spawn(io, replace_sessions(io, world), fatal);
    for (std::size_t number = 0; number < options.workers; ++number)
        asio::co_spawn(io, work_async(world, number), fatal);
    std::vector<std::jthread> threads;
    for (std::size_t number = 0; number < options.threads; ++number)
        threads.emplace_back([&world, number] { work_blocking(world, number); });
    const stall_watch watch(
        {{"the event loop of the client", [&io](auto done) { asio::post(io, std::move(done)); }},
         {"the I/O thread of the library",
          [thread = paddock::detail::io_thread::instance()](auto done) {
              thread->post(std::move(done));
          }}});
    io.run();
}

} // namespace

int main(int argc, char** argv)
{
    try {
        run(from_words({argv + 1, argv + argc}));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "chaos client: %s\n", error.what());
        std::_Exit(1); // its threads may still wait for locks
    }
    return 0;
}
