#include "src/connect_pacer.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::detail;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t most = 0; // the random number for the shortest wait

struct fixture {
    connect_pacer pacer;
    time_point now{1h};

    void fail()
    {
        pacer.started(now);
        pacer.failed(now, most);
    }
    nanoseconds wait() const { return pacer.next_attempt() - now; }
};

} // namespace

TEST_CASE("a round tries every server without a pause, then waits longer each time",
          "[unit][connect_pacer]")
{
    fixture at{.pacer{3, 8s}};
    for (const nanoseconds pause : {0ms, 5ms, 10ms, 20ms}) { // floors: 0, 20/4, 40/4, 80/4
        at.fail();
        CHECK(at.wait() == 0ns);
        at.fail();
        CHECK(at.wait() == 0ns);
        at.fail();
        CHECK(at.wait() == pause);
    }
    CHECK(at.pacer.failed_rounds() == 4);
}

TEST_CASE("the first attempt need not wait", "[unit][connect_pacer]")
{
    const fixture at{.pacer{1, 8s}};

    CHECK(at.pacer.next_attempt() <= at.now);
}

TEST_CASE("an attempt of the first round gets an eighth of the session, later ones a third",
          "[unit][connect_pacer]")
{
    fixture at{.pacer{2, 24s}};
    at.pacer.started(at.now);
    CHECK(at.pacer.give_up() == at.now + 3s);
    at.pacer.failed(at.now, most);
    at.pacer.started(at.now);
    CHECK(at.pacer.give_up() == at.now + 3s);
    at.pacer.failed(at.now, most);
    at.pacer.started(at.now);
    CHECK(at.pacer.give_up() == at.now + 8s);

    at.pacer.set_session_timeout(240ms); // less than a server may need
    CHECK(at.pacer.give_up() == at.now + 100ms);
}

TEST_CASE("a connection that lasted starts the count anew, one that did not goes on with it",
          "[unit][connect_pacer]")
{
    fixture at{.pacer{1, 8s}};
    at.fail();
    at.fail();
    REQUIRE(at.wait() == 5ms);

    at.pacer.started(at.now);
    at.pacer.connected(at.now);
    at.now += 10ms;
    at.pacer.lost(at.now, most);
    CHECK(at.wait() == 10ms);

    at.pacer.started(at.now);
    at.pacer.connected(at.now);
    at.now += 2s;
    at.pacer.lost(at.now, most);
    CHECK(at.wait() == 0ns);
    CHECK(at.pacer.failed_rounds() == 0);
}

TEST_CASE("a connection that was broken up on purpose is replaced at once", "[unit][connect_pacer]")
{
    fixture at{.pacer{1, 8s}};
    at.fail();
    at.fail();
    REQUIRE(at.wait() > 0ns);

    at.pacer.at_once();

    CHECK(at.pacer.next_attempt() <= at.now);
}

TEST_CASE("other servers are tried without a pause", "[unit][connect_pacer]")
{
    fixture at{.pacer{1, 8s}};
    at.fail();
    at.fail();

    at.pacer.set_servers(3);

    CHECK(at.pacer.next_attempt() <= at.now);
    at.fail();
    CHECK(at.wait() == 0ns);
}
