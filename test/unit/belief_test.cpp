#include "src/belief.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>

using namespace std::chrono_literals;
using paddock::detail::belief;

namespace {

// With a time-out of eight seconds: silence is more than 1 s, contact counts if it was answered 2 s
// before the first of two pieces of evidence, evidence lasts 4 s, and belief ends 7 s after what is
// proven.
constexpr auto timeout = 8s;

belief::time_point at(std::chrono::nanoseconds since)
{
    return belief::time_point(1h) + since;
}

belief connected_at(std::chrono::nanoseconds since)
{
    belief session;
    session.connected(at(since), timeout);
    return session;
}

// Reads, sent every half second and answered a millisecond later.
void keep_contact(belief& session, std::chrono::nanoseconds from, std::chrono::nanoseconds to)
{
    for (auto sent = from; sent <= to; sent += 500ms)
        session.answered(at(sent), at(sent + 1ms));
}

} // namespace

// --- the first evidence -----------------------------------------------------------------------

TEST_CASE("nothing is believed before there is evidence", "[unit][belief]")
{
    belief fresh;
    auto session = connected_at(0s);

    CHECK(fresh.deadline() < at(0s));
    CHECK(session.deadline() < at(0s)); // a connection alone proves no quorum
    keep_contact(session, 0s, 60s);
    CHECK(session.deadline() < at(0s)); // an isolated follower answers reads
}

TEST_CASE("evidence after a connect counts for half the time-out, within 7/8 of the connect",
          "[unit][belief]")
{
    struct row {
        std::chrono::nanoseconds sent;
        std::chrono::nanoseconds deadline;
    };
    const row rows[] = {
        {0s, 4s},
        {1ms, 4s + 1ms},
        {3s, 7s},
        {3s + 1ns, 7s},
        {6s, 7s},
        {60s, 7s},
    };

    for (const auto& [sent, deadline] : rows) {
        auto session = connected_at(0s);
        CAPTURE(sent.count());
        CHECK(session.committed(at(sent), at(sent + 1ms)));
        CHECK(session.deadline() == at(deadline));
    }
}

TEST_CASE("the time that counts is that of sending, however late the answer", "[unit][belief]")
{
    for (const std::chrono::nanoseconds trip : {0ns, 1ns, 1'000'000ns, 900'000'000ns}) {
        auto session = connected_at(0s);
        session.committed(at(1s), at(1s + trip));
        CHECK(session.deadline() == at(5s));
    }
}

// --- steady contact ---------------------------------------------------------------------------

TEST_CASE("beside steady contact every evidence gives at least 7/16 of the time-out, at most half",
          "[unit][belief]")
{
    auto session = connected_at(0s);

    for (auto sent = 1s; sent < 100s; sent += 1s) {        // an eighth
        keep_contact(session, sent - 500ms, sent - 500ms); // and a sixteenth
        CHECK(session.committed(at(sent), at(sent + 2ms)));
        CHECK(session.deadline() >= at(sent + 3s + 500ms));
        CHECK(session.deadline() <= at(sent + 4s));
    }
    CHECK_FALSE(session.interrupted());
}

// --- two pieces of evidence -------------------------------------------------------------------

TEST_CASE("one piece of evidence alone proves no contact, only the connect", "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 60s);

    session.committed(at(60s), at(60s + 1ms));
    CHECK(session.deadline() == at(7s));

    CHECK(session.committed(at(60s + 1ms), at(60s + 2ms))); // the second does
    CHECK(session.deadline() == at(64s + 1ms));
}

TEST_CASE("evidence sent before the first was acknowledged is no second", "[unit][belief]")
{
    struct row {
        std::chrono::nanoseconds second;
        std::chrono::nanoseconds deadline;
    };
    const row rows[] = {
        {30s + 300ms - 1ns, 7s},
        {30s + 300ms, 34s + 300ms},
    };

    for (const auto& [second, deadline] : rows) {
        auto session = connected_at(0s);
        keep_contact(session, 0s, 29s + 500ms);
        CAPTURE(second.count());

        session.committed(at(30s), at(30s + 300ms));
        session.committed(at(second), at(30s + 301ms));

        CHECK(session.deadline() == at(deadline));
    }
}

TEST_CASE("of what was acknowledged before an evidence was sent, the newest is the first of two",
          "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 20s);
    session.committed(at(20s + 100ms), at(20s + 101ms));
    keep_contact(session, 20s + 500ms, 29s);
    session.committed(at(29s + 500ms), at(29s + 501ms));
    session.committed(at(29s + 900ms), at(30s + 2ms)); // not yet acknowledged at 30 s

    session.committed(at(30s), at(30s + 3ms));

    CHECK(session.deadline() == at(34s)); // contact of 27 s; 29.5 s - 2 s
}

TEST_CASE("a contact a quarter before the first of two pieces of evidence is what they prove",
          "[unit][belief]")
{
    struct row {
        std::chrono::nanoseconds answered;
        std::chrono::nanoseconds deadline;
    };
    const row rows[] = {
        {28s, 34s + 500ms}, // just in time, 30 s - 2 s: 7 s from its sending
        {28s + 1ns, 7s},    // it may not have reached the leader: the connect is all that is proven
    };

    for (const auto& [answered, deadline] : rows) {
        auto session = connected_at(0s);
        session.answered(at(27s + 500ms), at(answered));
        session.answered(at(28s + 300ms), at(28s + 400ms));
        session.answered(at(29s + 200ms), at(29s + 300ms));

        session.committed(at(30s), at(30s + 1ms));
        session.committed(at(30s + 600ms), at(30s + 601ms));

        CAPTURE(answered.count());
        CHECK(session.deadline() == at(deadline));
    }
}

TEST_CASE("old contact is proven by new evidence, but only for 7/8 of the time-out",
          "[unit][belief]")
{
    struct row {
        std::chrono::nanoseconds second;
        std::chrono::nanoseconds deadline;
    };
    const row rows[] = {
        {27s + 800ms, 31s + 800ms}, // and 4 s, before 25 + 7
        {28s, 32s},
        {28s + 300ms, 32s},
    };

    for (const auto& [second, deadline] : rows) {
        auto session = connected_at(0s);
        session.answered(at(25s), at(25s + 1ms)); // the only one answered by 25.5 s
        session.answered(at(25s + 900ms), at(25s + 950ms));
        session.answered(at(26s + 800ms), at(26s + 850ms));
        session.committed(at(27s + 500ms), at(27s + 501ms));

        session.committed(at(second), at(second + 1ms));

        CAPTURE(second.count());
        CHECK(session.deadline() == at(deadline));
    }
}

TEST_CASE("contact after the first evidence was sent is not proven by the second", "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 10s, 10s + 500ms);
    session.committed(at(11s), at(11s + 2ms));
    keep_contact(session, 11s + 500ms, 14s + 500ms);

    session.committed(at(15s), at(15s + 1ms));
    CHECK(session.deadline() == at(7s)); // no contact before 9 s is known

    session.committed(at(15s + 900ms), at(15s + 901ms));
    CHECK(session.deadline() == at(19s + 500ms)); // the contact of 12.5 s; 15 s - 2 s
}

TEST_CASE("dense contact is as good as sparse contact", "[unit][belief]")
{
    auto session = connected_at(0s);
    for (auto sent = 0ms; sent < 20s; sent += 1ms)
        session.answered(at(sent), at(sent + 1ms));

    session.committed(at(20s), at(20s + 1ms));
    session.committed(at(20s + 500ms), at(20s + 501ms));

    CHECK(session.deadline() == at(24s + 500ms));
}

// --- what evidence cannot do ------------------------------------------------------------------

TEST_CASE("evidence that proves no more than is known moves nothing and says so", "[unit][belief]")
{
    auto session = connected_at(0s);
    REQUIRE(session.committed(at(1s), at(1s + 1ms)));

    CHECK_FALSE(session.committed(at(1s), at(1s + 2ms)));
    CHECK_FALSE(session.committed(at(500ms), at(1s + 3ms)));
    CHECK(session.deadline() == at(5s));
}

TEST_CASE("answers never move the deadline", "[unit][belief]")
{
    auto session = connected_at(0s);
    session.committed(at(1s), at(1s + 1ms));

    keep_contact(session, 1s + 500ms, 60s);

    CHECK(session.deadline() == at(5s));
}

// --- silence ----------------------------------------------------------------------------------

TEST_CASE("contact before a silence of more than an eighth does not count", "[unit][belief]")
{
    struct row {
        std::chrono::nanoseconds back; // the answer that ends the silence after 20 s
        bool interrupted;
        std::chrono::nanoseconds deadline;
    };
    const row rows[] = {
        {21s, false, 25s + 500ms},
        {21s + 1ns, true, 7s},
    };

    for (const auto& [back, interrupted, deadline] : rows) {
        auto session = connected_at(0s);
        keep_contact(session, 0s, 20s);
        CAPTURE(back.count());

        session.answered(at(20s + 500ms), at(back));
        CHECK(session.interrupted() == interrupted);
        session.committed(at(21s), at(21s + 2ms));
        session.committed(at(21s + 500ms), at(21s + 502ms));

        CHECK(session.deadline() == at(deadline));
    }
}

TEST_CASE("evidence that itself ends a silence proves nothing new", "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 19s + 500ms);
    CHECK(session.committed(at(20s), at(20s + 1ms)));

    CHECK_FALSE(session.committed(at(20s + 100ms), at(21s + 1ms)));

    CHECK(session.interrupted());
    CHECK(session.deadline() == at(7s)); // what the connect proved stays proved
}

TEST_CASE("what was believed stays believed through a silence, until its deadline",
          "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 20s);
    session.committed(at(20s + 100ms), at(20s + 101ms));
    session.committed(at(20s + 200ms), at(20s + 201ms));

    session.answered(at(23s), at(23s + 1ms));

    CHECK(session.interrupted());
    CHECK(session.deadline() == at(24s + 200ms));
    session.committed(at(23s + 100ms), at(23s + 101ms));
    CHECK(session.deadline() == at(25s)); // the contact of 18 s stays proved, and no other is
}

TEST_CASE("after a silence, fresh contact counts again three eighths before two pieces of evidence",
          "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 20s);
    keep_contact(session, 30s, 32s + 500ms); // the first was answered at 30.001 s
    REQUIRE(session.interrupted());

    session.committed(at(33s), at(33s + 1ms));
    session.committed(at(33s + 100ms), at(33s + 101ms));
    CHECK(session.interrupted());
    CHECK(session.deadline() == at(7s));
    session.committed(at(33s + 200ms), at(33s + 201ms));

    CHECK_FALSE(session.interrupted());
    CHECK(session.deadline() == at(37s)); // 7/8 after that contact
}

TEST_CASE("a reconnect ends an interruption at once", "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 20s);
    session.answered(at(30s), at(30s + 1ms));
    REQUIRE(session.interrupted());

    session.connected(at(31s), timeout);
    session.committed(at(31s + 100ms), at(31s + 101ms));

    CHECK_FALSE(session.interrupted());
    CHECK(session.deadline() == at(35s + 100ms));
}

TEST_CASE("the first answer of a connection is no end of a silence", "[unit][belief]")
{
    auto session = connected_at(0s);

    session.answered(at(5s), at(5s + 1ms));

    CHECK_FALSE(session.interrupted());
}

// --- reconnects -------------------------------------------------------------------------------

TEST_CASE("contact with another server does not count after a reconnect", "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 20s); // an isolated follower, say

    session.connected(at(5s), timeout); // began before what it answered last
    session.committed(at(20s), at(20s + 1ms));
    session.committed(at(20s + 100ms), at(20s + 101ms));

    CHECK(session.deadline() == at(12s));
}

TEST_CASE("evidence of the connection before is not the first of two", "[unit][belief]")
{
    auto session = connected_at(0s);
    keep_contact(session, 0s, 20s);
    session.committed(at(20s + 100ms), at(20s + 101ms));

    session.connected(at(20s + 200ms), timeout);
    keep_contact(session, 20s + 300ms, 23s);
    session.committed(at(23s + 300ms), at(23s + 301ms));
    CHECK(session.deadline() == at(27s + 200ms)); // within 7/8 of the connect

    session.committed(at(23s + 700ms), at(23s + 701ms));
    CHECK(session.deadline() == at(27s + 700ms)); // the contact of 20.8 s; 23.3 s - 2 s
}

TEST_CASE("a reconnect raises no deadline by itself", "[unit][belief]")
{
    auto session = connected_at(0s);
    session.committed(at(1s), at(1s + 1ms));

    session.connected(at(3s), timeout);

    CHECK(session.deadline() == at(5s));
}

TEST_CASE("a server that grants a shorter time-out ends belief sooner", "[unit][belief]")
{
    auto session = connected_at(0s);
    session.committed(at(1s), at(1s + 1ms));

    session.connected(at(2s), 2s);

    CHECK(session.deadline() == at(3s + 750ms));
    session.committed(at(2s + 100ms), at(2s + 101ms));
    CHECK(session.deadline() == at(3s + 750ms)); // 2.1 + 1 is no more
    session.committed(at(2s + 800ms), at(2s + 801ms));
    CHECK(session.deadline() == at(3s + 750ms)); // 3.8, but 2 + 7/8 of 2 is less
}

TEST_CASE("a server that grants a longer time-out lengthens what evidence gives", "[unit][belief]")
{
    auto session = connected_at(0s);
    session.committed(at(1s), at(1s + 1ms));

    session.connected(at(3s), 16s);
    session.committed(at(4s), at(4s + 1ms));

    CHECK(session.deadline() == at(12s));
}

TEST_CASE("a connect that began before another one proves no less than that", "[unit][belief]")
{
    auto session = connected_at(10s);

    session.connected(at(5s), timeout);
    session.committed(at(16s), at(16s + 1ms));

    CHECK(session.deadline() == at(17s));
    CHECK(session.last_contact() == at(16s));
}

// --- the last contact -------------------------------------------------------------------------

TEST_CASE("the last contact is when the newest answered request was sent", "[unit][belief]")
{
    auto session = connected_at(0s);
    CHECK(session.last_contact() == at(0s));

    session.answered(at(1s), at(1s + 500ms));
    CHECK(session.last_contact() == at(1s));
    session.committed(at(2s), at(2s + 1ms));
    CHECK(session.last_contact() == at(2s));
    session.answered(at(1s + 900ms), at(2s + 2ms)); // answered late
    CHECK(session.last_contact() == at(2s));
}
