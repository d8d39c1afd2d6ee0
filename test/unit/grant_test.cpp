#include "src/grant.hpp"
#include "src/session_core.hpp"
#include "test/unit/manual_runtime.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <optional>

using namespace std::chrono_literals;
using namespace paddock;
using namespace paddock::detail;

namespace {

// A grant of a session that never connects: all that changes it is the clock, its belief and the
// calls of the test.
struct stage {
    asio::io_context io;
    std::shared_ptr<test::manual_runtime> thread = std::make_shared<test::manual_runtime>(io);
    std::shared_ptr<session_core> core =
        std::make_shared<session_core>(thread, io.get_executor(), session_config{.hosts = "zk1"});
    std::shared_ptr<epoch_belief> belief = std::make_shared<epoch_belief>();
    std::shared_ptr<tenure> contender;
    std::shared_ptr<grant> granted;

    explicit stage(std::optional<std::chrono::seconds> max_hold = {})
    {
        belief->set(thread->time + 5s);
        tenure::identity who{.key = "42",
                             .path = "/locks/42/_c_a-lock-0000000001",
                             .parent_size = 9,
                             .epoch = core->epoch(),
                             .czxid = 7};
        const tenure::terms how{.max_hold = max_hold.value_or(0s)};
        contender = std::make_shared<tenure>(core, belief, 1s, who, how);
        granted = contender->begin();
    }
    ~stage() { contender->end(); } // it and its hold refer to each other

    void run()
    {
        io.restart();
        io.poll();
    }

    std::shared_ptr<std::optional<error_code>> wait(asio::cancellation_slot slot = {})
    {
        auto told = std::make_shared<std::optional<error_code>>();
        grant::waiter handler(
            asio::bind_cancellation_slot(slot, [told](error_code ec) { *told = ec; }),
            io.get_executor());
        const auto id = granted->prepare(handler);
        granted->wait(id, std::move(handler));
        run();
        return told;
    }
};

} // namespace

TEST_CASE("a grant is held while its session is believed, and no longer", "[unit][grant]")
{
    stage on;
    CHECK(on.granted->held());
    CHECK(on.granted->valid_until() == on.thread->time + 5s);

    on.thread->time += 5s;

    CHECK_FALSE(on.granted->held());
    CHECK(on.granted->valid_until() == time_point::min());
}

TEST_CASE("evidence that comes after the deadline revives no grant that was seen past it",
          "[unit][grant]")
{
    stage on;
    on.thread->time += 5s;
    REQUIRE_FALSE(on.granted->held());

    on.belief->set(on.thread->time + 5s);

    CHECK_FALSE(on.granted->held());
    CHECK(on.granted->now() == grant::phase::lapsed);
}

TEST_CASE("a grant that was seen past its deadline is lost and told, whatever evidence came then",
          "[unit][grant]")
{
    stage on;
    const auto lost = on.granted->lost_token();
    const auto told = on.wait();
    on.thread->time += 5s;
    REQUIRE_FALSE(on.granted->held());
    on.belief->set(on.thread->time + 5s); // taken in just before, and published just behind

    on.run();

    CHECK(on.granted->now() == grant::phase::lost);
    CHECK(lost.stop_requested());
    CHECK(*told == errc::hold_lost);
}

TEST_CASE("a grant with a longest time ends then, however well its session is", "[unit][grant]")
{
    stage on(3s);
    CHECK(on.granted->valid_until() == on.thread->time + 3s);

    on.thread->time += 3s;

    CHECK_FALSE(on.granted->held());
}

TEST_CASE("a release says whether the grant was still held", "[unit][grant]")
{
    stage on;

    SECTION("it was, once")
    {
        CHECK(on.granted->release({}));
        CHECK_FALSE(on.granted->release({}));
    }
    SECTION("belief had ended, seen or not")
    {
        on.thread->time += 6s;
        CHECK_FALSE(on.granted->release({}));
    }
    SECTION("it had been lost")
    {
        on.granted->lose();
        CHECK_FALSE(on.granted->release({}));
        CHECK(on.granted->now() == grant::phase::lost);
    }
    CHECK_FALSE(on.granted->held());
}

TEST_CASE("a loss is told once, through the stop token, and not to who released before",
          "[unit][grant]")
{
    stage on;
    const auto lost = on.granted->lost_token();

    SECTION("held, or past its deadline")
    {
        on.thread->time += 6s;
        CHECK_FALSE(on.granted->held());
        CHECK(on.granted->lose());
        CHECK_FALSE(on.granted->lose());
        on.run();
        CHECK(lost.stop_requested());
    }
    SECTION("released")
    {
        on.granted->release({});
        CHECK_FALSE(on.granted->lose());
        CHECK_FALSE(lost.stop_requested());
    }
}

TEST_CASE("who waits for the end of a grant is told which end it was", "[unit][grant]")
{
    stage on;

    SECTION("a loss that came before")
    {
        on.granted->lose();
        CHECK(*on.wait() == errc::hold_lost);
    }
    SECTION("a release that came before")
    {
        on.granted->release({});
        CHECK(*on.wait() == error_code());
    }
    SECTION("an end that comes later, to all who wait")
    {
        const auto first = on.wait();
        const auto second = on.wait();
        REQUIRE_FALSE(*first);

        on.granted->tell_waiters(errc::hold_lost);
        on.run();

        CHECK(*first == errc::hold_lost);
        CHECK(*second == errc::hold_lost);
    }
}

TEST_CASE("a wait for the end of a grant can be given up, and harms nothing when it is too late",
          "[unit][grant]")
{
    stage on;
    asio::cancellation_signal signal;
    const auto told = on.wait(signal.slot());

    SECTION("in time")
    {
        signal.emit(asio::cancellation_type::terminal);
        on.run();
        CHECK(*told == asio::error::operation_aborted);
        on.granted->tell_waiters(errc::hold_lost);
        on.run();
        CHECK(*told == asio::error::operation_aborted);
    }
    SECTION("while the answer is on its way")
    {
        on.granted->tell_waiters(errc::hold_lost);
        signal.emit(asio::cancellation_type::terminal);
        on.run();
        CHECK(*told == errc::hold_lost);
    }
    SECTION("after the grant is gone")
    {
        on.contender->end();
        on.granted.reset();
        signal.emit(asio::cancellation_type::terminal);
        on.run();
        CHECK_FALSE(*told);
    }
}
