// What survives, who leads, and what those answer who do not know that they are alone.

#include "test/simulation/ensemble_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::simulation;

namespace {

/// Every server serves and has what was committed.
void check_agreement(ensemble_fixture& fixture)
{
    fixture.run(15s); // an old leader does not know at once that it is one
    REQUIRE(fixture.settle());
    fixture.run(100ms);
    const auto committed = fixture.servers.nodes_below("/");
    for (std::size_t i = 0; i < fixture.servers.size(); ++i) {
        CAPTURE(i);
        const auto seen = fixture.servers.nodes_at(i, "/");
        REQUIRE(seen.size() == committed.size());
        for (std::size_t n = 0; n < seen.size(); ++n) {
            CHECK(seen[n].path == committed[n].path);
            CHECK(seen[n].stat.czxid == committed[n].stat.czxid);
            CHECK(seen[n].stat.mzxid == committed[n].stat.mzxid);
        }
    }
}

} // namespace

TEST_CASE("ensembles of one and of five servers serve as well", "[simulation][ensemble]")
{
    for (const std::size_t servers : {1U, 2U, 5U}) {
        ensemble_fixture fixture({.servers = servers});
        REQUIRE(fixture.settle());
        const auto client = fixture.connect(0);
        CHECK(fixture.ask(*client, make("/a")).result == code::ok);
        check_agreement(fixture);
    }
}

TEST_CASE("a leader is found within a second", "[simulation][ensemble]")
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        ensemble_fixture fixture({}, seed);
        CAPTURE(seed);
        CHECK(fixture.run_until([&] { return fixture.servers.leader().has_value(); }, 1500ms));
    }
}

TEST_CASE("what a quorum logged survives the leader", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto first = fixture.leader();
    const auto client = fixture.connect(first);
    REQUIRE(fixture.ask(*client, make("/kept")).result == code::ok);

    fixture.servers.kill(first);
    fixture.run(10ms);
    CHECK(client->closed);
    REQUIRE(fixture.run_until([&] { return fixture.servers.leader().has_value(); }));

    CHECK(fixture.leader() != first);
    CHECK(fixture.servers.node("/kept"));
    client->connect(fixture.leader());
    fixture.run(100ms);
    REQUIRE(client->connected());
    const auto next = fixture.ask(*client, make("/next"));
    CHECK(next.zxid >> 32 > fixture.servers.node("/kept")->stat.czxid >> 32);
    fixture.servers.restart(first);
    check_agreement(fixture);
}

TEST_CASE("what one follower logged is committed when it is elected", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto first = fixture.leader();
    const auto heard = fixture.follower();
    const auto deaf = fixture.other_follower();
    const auto client = fixture.connect(first, 40s);
    fixture.net.block(fixture.servers.server(first), fixture.servers.server(deaf));
    fixture.net.block(fixture.servers.server(heard), fixture.servers.server(first));

    const auto xid = client->submit(make("/doubtful"));
    fixture.run(100ms);
    CHECK(client->find(xid) == nullptr); // no quorum has acknowledged it
    fixture.servers.kill(first);
    fixture.net.heal();

    REQUIRE(fixture.run_until([&] { return fixture.servers.leader().has_value(); }));
    CHECK(fixture.leader() == heard);
    CHECK(fixture.servers.node("/doubtful"));
    fixture.servers.restart(first);
    check_agreement(fixture);
}

TEST_CASE("what only an old leader logged is dropped", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto first = fixture.leader();
    const auto client = fixture.connect(first, 40s);
    fixture.isolate(first);
    client->submit(make("/lost"));
    REQUIRE(fixture.run_until(
        [&] { return fixture.servers.leader() && fixture.servers.leader() != first; }));

    const auto other = fixture.connect(fixture.leader(), 40s);
    REQUIRE(fixture.ask(*other, make("/made")).result == code::ok);
    fixture.reunite(first);

    check_agreement(fixture);
    CHECK_FALSE(fixture.servers.node("/lost"));
    CHECK(fixture.servers.node("/made"));
}

TEST_CASE("a leader without a quorum answers reads, pings and syncs, and no write",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto leader = fixture.leader();
    const auto client = fixture.connect(leader, 40s);
    fixture.isolate(leader);

    CHECK(fixture.ask(*client, on(op::ping, "")).result == code::ok);
    CHECK(fixture.ask(*client, on(op::exists, "/")).result == code::ok);
    CHECK(fixture.ask(*client, on(op::sync, "/")).result == code::ok);
    const auto write = client->submit(make("/a"));
    const auto behind = client->submit(on(op::exists, "/"));
    fixture.run(3s);
    CHECK(client->find(write) == nullptr);
    CHECK(client->find(behind) == nullptr); // in the order of requests
    CHECK_FALSE(client->closed);

    CHECK(fixture.run_until([&] { return client->closed; }, 13s));
    CHECK(client->find(write) == nullptr);
}

TEST_CASE("a leader that stood still goes on answering beside its successor",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto first = fixture.leader();
    const auto client = fixture.connect(first, 40s);
    fixture.servers.pause(first);
    REQUIRE(fixture.run_until(
        [&] { return fixture.servers.leader() && fixture.servers.leader() != first; }));
    const auto other = fixture.connect(fixture.leader(), 40s);
    REQUIRE(fixture.ask(*other, make("/new")).result == code::ok);

    fixture.servers.resume(first);

    CHECK(fixture.ask(*client, on(op::get, "/new")).result == code::no_node);
    const auto write = client->submit(make("/old"));
    CHECK(fixture.run_until([&] { return client->closed; }, 10s));
    CHECK(client->find(write) == nullptr);
    check_agreement(fixture);
    CHECK_FALSE(fixture.servers.node("/old"));
}

TEST_CASE("a follower's view lags, and a sync brings it up to date", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto slow = fixture.follower();
    const auto reader = fixture.connect(slow, 10s);
    const auto writer = fixture.connect(fixture.leader(), 10s);
    fixture.net.slow_down(
        fixture.servers.server(fixture.leader()), fixture.servers.server(slow), 300ms);
    REQUIRE(fixture.ask(*writer, make("/a")).result == code::ok);

    CHECK(fixture.ask(*reader, on(op::get, "/a")).result == code::no_node);
    CHECK(fixture.ask(*reader, on(op::sync, "/a")).result == code::ok);
    CHECK(fixture.ask(*reader, on(op::get, "/a")).result == code::ok);
}

TEST_CASE("a minority refuses clients until it is one no more", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto left = fixture.follower();
    const auto client = fixture.connect(left, 40s);
    for (std::size_t i = 0; i < 3; ++i) {
        if (i != left)
            fixture.servers.kill(i);
    }
    fixture.run(100ms);
    CHECK(client->closed);
    client->connect(left);
    fixture.run(100ms);
    CHECK(client->closed);
    CHECK_FALSE(client->session);

    fixture.servers.restart((left + 1) % 3);
    REQUIRE(fixture.run_until([&] { return fixture.servers.serves(left); }));
    client->connect(left);
    fixture.run(100ms);
    CHECK(client->connected());
}

TEST_CASE("a server that is killed forgets what its disk had not got", "[simulation][ensemble]")
{
    ensemble_fixture fixture({.sync_to_disk = 100ms});
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.leader(), 40s);
    REQUIRE(fixture.ask(*client, make("/synced")).result == code::ok);
    client->submit(make("/unsynced"));
    fixture.run(50ms);

    for (std::size_t i = 0; i < 3; ++i)
        fixture.servers.kill(i);
    for (std::size_t i = 0; i < 3; ++i)
        fixture.servers.restart(i);

    check_agreement(fixture);
    CHECK(fixture.servers.node("/synced"));
    CHECK_FALSE(fixture.servers.node("/unsynced"));
}

TEST_CASE("a follower that hears nothing leaves, and comes back", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto deaf = fixture.follower();
    const auto leader = fixture.leader();
    const auto client = fixture.connect(deaf, 40s);
    fixture.net.block(fixture.servers.server(leader), fixture.servers.server(deaf));

    CHECK(fixture.run_until([&] { return client->closed; }, 12s));
    CHECK_FALSE(fixture.servers.serves(deaf));
    CHECK(fixture.leader() == leader); // the others go on
    fixture.net.heal();
    check_agreement(fixture);
    CHECK(fixture.leader() == leader);
}

TEST_CASE("servers that meet only through a third go on with it", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto bridge = fixture.leader();
    const auto client = fixture.connect(fixture.follower(), 40s);
    fixture.net.cut(fixture.servers.server(fixture.follower()),
                    fixture.servers.server(fixture.other_follower()));
    fixture.run(30s);

    CHECK(fixture.leader() == bridge);
    CHECK(fixture.ask(*client, make("/a")).result == code::ok);
    fixture.servers.kill(bridge); // now nobody has a majority
    fixture.run(30s);
    CHECK_FALSE(fixture.servers.leader());
    fixture.servers.restart(bridge);
    CHECK(fixture.run_until([&] { return fixture.servers.leader().has_value(); }));
}

TEST_CASE("a long log is dropped, and a server that was away gets what it needs",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture({.sync_to_disk = 10us});
    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.leader(), 40s);
    const auto write_many = [&](int count) {
        for (int i = 0; i < count; ++i)
            client->submit(i % 2 == 0 ? make("/a") : on(op::remove, "/a"));
        fixture.run(1s);
        client->answers.clear();
    };
    write_many(4'000);
    const auto away = fixture.follower();
    fixture.servers.kill(away);
    write_many(4'001);
    fixture.servers.restart(away);

    check_agreement(fixture);
    CHECK(fixture.servers.node("/a"));
    for (std::size_t i = 0; i < 3; ++i) {
        fixture.servers.kill(i);
        fixture.servers.restart(i);
    }
    check_agreement(fixture);
    CHECK(fixture.servers.node("/a"));
}
