#include "src/timer_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <vector>

using namespace std::chrono_literals;
using paddock::boot_clock;
using paddock::detail::time_point;
using paddock::detail::timer_queue;

namespace {

// Times are long past or far ahead, so that no test waits for one.
constexpr time_point past{1s};

time_point far_ahead()
{
    return boot_clock::now() + 24h;
}

struct stage {
    boost::asio::io_context io;
    timer_queue timers{io};
    std::vector<int> ran;

    timer_queue::id call(time_point when, int number)
    {
        return timers.call_at(when, [this, number] { ran.push_back(number); });
    }
};

} // namespace

TEST_CASE("a task that is due runs, and never inside the call that sets it", "[unit][timer_queue]")
{
    stage on;

    on.call(past, 1);
    CHECK(on.ran.empty());
    on.io.run();

    CHECK(on.ran == std::vector{1});
}

TEST_CASE("tasks run in the order of their times, and of their calls where these are equal",
          "[unit][timer_queue]")
{
    stage on;
    on.call(past + 2s, 4);
    on.call(past + 1s, 2);
    on.call(past + 1s, 3);
    on.call(past, 1);

    on.io.run();

    CHECK(on.ran == std::vector{1, 2, 3, 4});
}

TEST_CASE("a task that is not due does not run, and does not hold up one that is",
          "[unit][timer_queue]")
{
    stage on;
    on.call(far_ahead(), 1);
    on.call(past, 2); // the alarm is brought forward

    while (on.ran.empty())
        on.io.run_one();
    on.io.poll();

    CHECK(on.ran == std::vector{2});
}

TEST_CASE("a cancelled task does not run", "[unit][timer_queue]")
{
    stage on;
    const auto cancelled = on.call(past, 1);
    on.call(past, 2);

    on.timers.cancel(cancelled);
    on.io.run();

    CHECK(on.ran == std::vector{2});
}

TEST_CASE("cancelling what ran, was cancelled or never was does nothing", "[unit][timer_queue]")
{
    stage on;
    const auto ran = on.call(past, 1);
    on.io.run();
    on.io.restart();

    on.timers.cancel(ran);
    on.timers.cancel(ran + 1'000);
    on.timers.cancel(0);
    on.call(past, 2);
    on.io.run();

    CHECK(on.ran == std::vector{1, 2});
}

TEST_CASE("a task may cancel another that is due with it", "[unit][timer_queue]")
{
    stage on;
    timer_queue::id second = 0;
    on.timers.call_at(past, [&] { on.timers.cancel(second); });
    second = on.call(past, 2);

    on.io.run();

    CHECK(on.ran.empty());
}

TEST_CASE("a task that sets a timer for at once lets others have the thread", "[unit][timer_queue]")
{
    stage on;
    on.timers.call_at(past, [&] {
        on.ran.push_back(1);
        on.call(past, 3);
        boost::asio::post(on.io, [&] { on.ran.push_back(2); });
    });

    on.io.run();

    CHECK(on.ran == std::vector{1, 2, 3});
}

TEST_CASE("after it is cleared nothing runs and the thread is free to end", "[unit][timer_queue]")
{
    stage on;
    on.call(past, 1);
    on.call(far_ahead(), 2);

    on.timers.clear();
    on.io.run(); // returns: no alarm is left

    CHECK(on.ran.empty());
}

TEST_CASE("a cleared queue can be used again", "[unit][timer_queue]")
{
    stage on;
    on.call(far_ahead(), 1);
    on.timers.clear();

    on.call(past, 2);
    on.io.run();

    CHECK(on.ran == std::vector{2});
}
