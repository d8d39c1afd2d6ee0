// The thread that all sessions live on.

#include "src/io_thread.hpp"
#include "test/support/wait.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <signal.h>
#include <thread>

using namespace paddock::detail;
using namespace paddock::test;
using namespace std::chrono_literals;

namespace {

// Runs something on the thread and waits for it.
void on(runtime& io, const std::function<void()>& work)
{
    std::promise<void> ran;
    io.post([&] {
        work();
        ran.set_value();
    });
    ran.get_future().get();
}

} // namespace

TEST_CASE("there is one I/O thread, and it knows itself", "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    CHECK(io == io_thread::instance());
    CHECK_FALSE(io->inside());

    bool inside = false;
    on(*io, [&] { inside = io->inside(); });

    CHECK(inside);
}

TEST_CASE("tasks of one thread run in order, of many threads all", "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    std::vector<int> order;
    std::atomic<int> ran{0};
    for (int i = 0; i < 100; ++i)
        io->post([&order, i] { order.push_back(i); });
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int task = 0; task < 1'000; ++task)
                io->post([&ran] { ++ran; });
        });
    for (std::thread& thread : threads)
        thread.join();
    on(*io, [] {});

    CHECK(ran == 4'000);
    CHECK(order.size() == 100);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("timers run in the order of their times, and cancelled ones never",
          "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    std::vector<int> ran;
    std::promise<void> last;
    runtime::timer_id cancelled = 0;

    on(*io, [&] {
        const auto now = io->now();
        io->call_at(now + 30ms, [&] { last.set_value(); });
        io->call_at(now + 20ms, [&] { ran.push_back(2); });
        cancelled = io->call_at(now + 10ms, [&] { ran.push_back(0); });
        io->call_at(now + 10ms, [&] { ran.push_back(1); });
        io->call_at(now - 1h, [&] { io->cancel(cancelled); });
        CHECK(ran.empty()); // never inside the call
    });
    last.get_future().get();

    CHECK(ran == std::vector{1, 2});
    on(*io, [&] {
        io->cancel(cancelled); // again, and one that never was
        io->cancel(0);
    });
}

TEST_CASE("a timer that always sets another for now leaves room for others",
          "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    std::atomic<bool> stop{false};
    std::function<void()> again = [&] {
        if (!stop)
            io->call_at(io->now(), [&] { again(); });
    };
    on(*io, again);

    on(*io, [] {}); // would never run

    stop = true;
    on(*io, [] {});
    std::promise<void> quiet;
    on(*io, [&] { io->call_at(io->now() + 1ms, [&] { quiet.set_value(); }); });
    quiet.get_future().get();
}

TEST_CASE("ten thousand timers are kept and dropped", "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    std::atomic<int> ran{0};
    on(*io, [&] {
        std::vector<runtime::timer_id> timers;
        for (int i = 0; i < 10'000; ++i)
            timers.push_back(
                io->call_at(io->now() + std::chrono::milliseconds{i % 50}, [&] { ++ran; }));
        for (std::size_t i = 0; i < timers.size(); i += 2)
            io->cancel(timers[i]);
    });

    wait_until([&] { return ran == 5'000; });
}

TEST_CASE("addresses are handed back as they are, names with all their addresses",
          "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    const auto resolve = [&](std::vector<endpoint> hosts) {
        std::promise<std::vector<endpoint>> found;
        bool inside_call = true;
        on(*io, [&] {
            io->resolve(std::move(hosts), [&](std::vector<endpoint> addresses) {
                CHECK_FALSE(inside_call);
                found.set_value(std::move(addresses));
            });
            inside_call = false;
        });
        return found.get_future().get();
    };

    CHECK(resolve({{"127.0.0.1", 1}, {"::1", 2}, {"127.0.0.1", 1}}) ==
          std::vector<endpoint>{{"127.0.0.1", 1}, {"::1", 2}});
    const auto local = resolve({{"localhost", 2181}, {"no-such-host.invalid", 1}});
    CHECK_FALSE(local.empty());
    for (const endpoint& each : local)
        CHECK((each.address == "127.0.0.1" || each.address == "::1"));
    CHECK(resolve({{"no-such-host.invalid", 1}}).empty());
}

TEST_CASE("user code is called elsewhere", "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    std::promise<bool> inside;

    on(*io, [&] { io->signal([&] { inside.set_value(io->inside()); }); });

    CHECK_FALSE(inside.get_future().get());
}

TEST_CASE("the program's signals are not taken by the I/O thread", "[integration][io_thread]")
{
    const auto io = io_thread::instance();
    int blocked = 0;
    on(*io, [&] {
        sigset_t mask;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE, SIGCHLD})
            blocked += ::sigismember(&mask, signal);
    });

    CHECK(blocked == 6);
    sigset_t own;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &own);
    CHECK(::sigismember(&own, SIGTERM) == 0);
}

TEST_CASE("the end waits for what is closing, and posts after it go nowhere",
          "[integration][io_thread]")
{
    const auto io = std::make_shared<io_thread>();
    std::shared_ptr<void> guard;
    bool closed = false;
    on(*io, [&] {
        guard = io->closing_guard();
        io->call_at(io->now() + 50ms, [&] {
            closed = true;
            guard.reset();
        });
    });

    io->shut_down();

    CHECK(closed);
    io->post([] { FAIL("after the end"); });
    io->shut_down(); // again: nothing
}
