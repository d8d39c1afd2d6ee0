// Sessions: who touches them, when they expire, and what becomes of those that move.

#include "test/simulation/ensemble_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::simulation;

namespace {

/// Runs until the quorum has closed the only session, or not.
bool expires(ensemble_fixture& fixture, nanoseconds limit = 30s)
{
    return fixture.run_until([&] { return fixture.servers.sessions() == 0; }, limit);
}

/// A client of a follower pings once, 3 s after its session was opened, and never again; what is
/// done to the ensemble after the answer decides when the session expires, counted from the ping.
template <typename Afterwards>
nanoseconds lifetime_after_ping(Afterwards afterwards)
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    fixture.run(3s);
    const auto sent = fixture.where.now();
    REQUIRE(fixture.ask(*client, on(op::ping, "")).result == code::ok);

    afterwards(fixture);

    REQUIRE(expires(fixture));
    return fixture.where.now() - sent;
}

} // namespace

TEST_CASE("a session expires at the end of the tick in which its time is over",
          "[simulation][ensemble]")
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        ensemble_fixture fixture({}, seed);
        REQUIRE(fixture.settle());
        const auto client = fixture.connect(fixture.leader());
        REQUIRE(fixture.ask(*client, make("/a")).result == code::ok);
        const auto sent = fixture.where.now();
        REQUIRE(fixture.ask(*client, on(op::ping, "")).result == code::ok);

        REQUIRE(expires(fixture));

        const auto lived = fixture.where.now() - sent;
        CAPTURE(seed, lived.count());
        CHECK(lived >= 4s);
        CHECK(lived <= 4s + 2s + 10ms);
        fixture.run(10ms);
        CHECK(client->closed);
    }
}

TEST_CASE("a touch reaches the leader with the answer to its next ping", "[simulation][ensemble]")
{
    CHECK(lifetime_after_ping([](ensemble_fixture&) {}) >= 4s);

    // An answered ping is no proof: its server has told nobody yet.
    const auto lived =
        lifetime_after_ping([](ensemble_fixture& fixture) { fixture.isolate(fixture.follower()); });

    CHECK(lived < 3s + 10ms);
}

TEST_CASE("a write through a follower does not touch its session", "[simulation][ensemble]")
{
    // Where the leader's pings fall is not known, so many moments are tried.
    auto shortest = nanoseconds(1h);
    for (auto wait = 2500ms; wait < 3500ms; wait += 100ms) {
        ensemble_fixture fixture;
        REQUIRE(fixture.settle());
        const auto client = fixture.connect(fixture.follower());
        fixture.run(wait);
        const auto sent = fixture.where.now();
        REQUIRE(fixture.ask(*client, make("/a")).result == code::ok);

        fixture.isolate(fixture.follower());

        REQUIRE(expires(fixture));
        shortest = std::min<nanoseconds>(shortest, fixture.where.now() - sent);
    }
    CHECK(shortest < 3500ms);
}

TEST_CASE("an isolated follower answers while the leader expires its session",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto follower = fixture.follower();
    const auto client = fixture.connect(follower);
    REQUIRE(fixture.ask(*client, make("/locks")).result == code::ok);
    const auto held = fixture.ask(*client, enqueue("/locks/a-")).path;

    fixture.isolate(follower);
    while (fixture.servers.sessions() != 0) {
        REQUIRE(fixture.ask(*client, on(op::ping, "")).result == code::ok);
        fixture.run(500ms);
    }

    CHECK_FALSE(fixture.servers.node(held));
    CHECK(fixture.ask(*client, on(op::get, held)).result == code::ok); // it believes it holds it
    // Until the follower gives up: five ticks after it heard of its leader.
    CHECK(fixture.run_until([&] { return client->closed; }, 10s));
}

TEST_CASE("a session that has expired is refused", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    REQUIRE(expires(fixture));

    client->connect(fixture.other_follower());
    fixture.run(100ms);

    REQUIRE(client->session);
    CHECK(client->session->session_id == 0);
    CHECK(client->closed);
}

TEST_CASE("a session goes on at another server, with its password only", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    const auto session = client->keep;
    client->hang_up();

    client->connect(fixture.leader());
    fixture.run(100ms);
    REQUIRE(client->connected());
    CHECK(client->session->session_id == session.first);

    const auto thief = fixture.make_client();
    thief->keep = {session.first, session.second + 1};
    thief->connect(fixture.follower());
    fixture.run(100ms);
    REQUIRE(thief->session);
    CHECK(thief->session->session_id == 0);
}

TEST_CASE("a reconnect touches the session at the leader at once", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    client->hang_up();
    fixture.run(3s);
    const auto sent = fixture.where.now();

    client->connect(fixture.other_follower());
    REQUIRE(fixture.run_until([&] { return client->connected(); }, 1s));
    fixture.isolate(fixture.other_follower());

    REQUIRE(expires(fixture));
    CHECK(fixture.where.now() - sent >= 4s);
}

TEST_CASE("a write on its way from where the session was is refused", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto slow = fixture.follower();
    const auto old = fixture.connect(slow, 10s);
    fixture.net.block(fixture.servers.server(slow), fixture.servers.server(fixture.leader()));
    const auto late = old->submit(make("/late"));
    fixture.run(100ms);

    const auto now = fixture.make_client();
    now->keep = old->keep;
    now->connect(fixture.other_follower(), 10s);
    REQUIRE(fixture.run_until([&] { return now->connected(); }, 1s));
    fixture.net.heal();
    fixture.run(100ms);

    CHECK(old->find(late) == nullptr); // the connection ends, without an answer
    CHECK(old->closed);
    CHECK_FALSE(fixture.servers.node("/late"));
    CHECK(fixture.ask(*now, make("/next")).result == code::ok);
}

TEST_CASE("a write that its leader had before the session moved is carried out",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto old = fixture.connect(fixture.follower(), 10s);
    old->submit(make("/in-time"));
    fixture.run(700us);

    const auto now = fixture.make_client();
    now->keep = old->keep;
    now->connect(fixture.other_follower(), 10s);
    fixture.run(100ms);

    CHECK(now->connected());
    CHECK(fixture.servers.node("/in-time"));
}

TEST_CASE("a new leader gives every session its whole time again", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    fixture.run(3s);
    fixture.servers.kill(fixture.leader());
    REQUIRE(fixture.run_until([&] { return fixture.servers.leader().has_value(); }));
    const auto elected = fixture.where.now();

    REQUIRE(expires(fixture));

    CHECK(fixture.where.now() - elected >= 4s - 1ms);
    CHECK(fixture.servers.seen().sessions_expired == 1);
}

TEST_CASE("the time-out that is asked for is brought into the server's limits",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());

    CHECK(fixture.connect(fixture.follower(), 1s)->session->timeout == 4s);
    CHECK(fixture.connect(fixture.follower(), 7s)->session->timeout == 7s);
    CHECK(fixture.connect(fixture.leader(), 90s)->session->timeout == 40s);
}

TEST_CASE("a server that has applied less than the client has seen hangs up",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto behind = fixture.follower();
    const auto client = fixture.connect(fixture.leader(), 10s);
    fixture.net.block(fixture.servers.server(fixture.leader()), fixture.servers.server(behind));
    REQUIRE(fixture.ask(*client, make("/a")).result == code::ok);
    client->hang_up();

    client->connect(behind);
    fixture.run(100ms);
    CHECK_FALSE(client->session);
    CHECK(client->closed);

    fixture.net.heal();
    fixture.run(100ms);
    client->connect(behind);
    fixture.run(100ms);
    CHECK(client->connected());
}

TEST_CASE("a session can be given another id in its place", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    const auto session = client->keep.first;
    client->hang_up();

    fixture.servers.replace_next_session();
    client->connect(fixture.follower());
    fixture.run(100ms);

    CHECK(client->connected());
    CHECK(client->session->session_id != session);
}

TEST_CASE("an operator's end of a session is an expiry", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());

    fixture.servers.expire_session(client->keep.first);
    fixture.run(50ms);

    CHECK(client->closed);
    CHECK(fixture.servers.sessions() == 0);
    CHECK(fixture.servers.seen().sessions_expired == 1);
}

TEST_CASE("credentials that are wrong cost the connection", "[simulation][ensemble]")
{
    ensemble_fixture fixture({.accepted_secret = "me:right"});
    REQUIRE(fixture.settle());

    const auto wrong = fixture.make_client();
    wrong->auth = {{"digest", "me:wrong"}};
    wrong->connect(fixture.follower());
    fixture.run(100ms);
    REQUIRE(wrong->session);
    CHECK(wrong->session->auth_refused);
    CHECK(wrong->closed);

    const auto right = fixture.make_client();
    right->auth = {{"digest", "me:right"}};
    right->connect(fixture.follower());
    fixture.run(100ms);
    CHECK(right->connected());
}

TEST_CASE("a leader that stood still expires who was silent meanwhile", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    const auto leader = fixture.leader();

    fixture.servers.pause(leader);
    for (int i = 0; i < 16; ++i) { // the follower answers all the time, the leader hears nothing
        REQUIRE(fixture.ask(*client, on(op::ping, "")).result == code::ok);
        fixture.run(500ms);
    }
    fixture.servers.resume(leader);
    fixture.run(50ms);

    CHECK(fixture.servers.sessions() == 0);
    CHECK(client->closed);
}
