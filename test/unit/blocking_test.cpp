#include "src/blocking.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <thread>

using paddock::detail::blocking_slot;
using paddock::detail::waker;

namespace {

std::chrono::steady_clock::time_point already()
{
    return std::chrono::steady_clock::now();
}

} // namespace

TEST_CASE("a blocking call gets the result that another thread puts", "[unit][blocking]")
{
    blocking_slot<int> slot;
    std::thread other([&] { slot.put(7); });

    const int result = slot.take();
    other.join();

    CHECK(result == 7);
}

TEST_CASE("a result that is there already is taken without waiting", "[unit][blocking]")
{
    blocking_slot<int> slot;
    slot.put(7);

    CHECK(slot.take_until(already()) == 7);
}

TEST_CASE("a result that comes after the wait was given up is destroyed", "[unit][blocking]")
{
    blocking_slot<std::shared_ptr<int>> slot;
    auto late = std::make_shared<int>(7);
    const std::weak_ptr<int> watched = late;

    REQUIRE_FALSE(slot.take_until(already()));
    slot.put(std::move(late));

    CHECK(watched.expired()); // a late hold is released by that
}

TEST_CASE("a caller is woken once, by the first result", "[unit][blocking]")
{
    const auto slot = std::make_shared<blocking_slot<int>>();
    {
        waker<int> caller(slot, -1);
        caller.wake(7);
        caller.wake(8);
    }

    CHECK(slot->take() == 7);
}

TEST_CASE("a caller whose result can no longer come is woken too", "[unit][blocking]")
{
    const auto slot = std::make_shared<blocking_slot<int>>();
    {
        const waker<int> caller(slot, -1); // dropped: the I/O thread ended before it ran
    }

    CHECK(slot->take_until(already()) == -1);
}
