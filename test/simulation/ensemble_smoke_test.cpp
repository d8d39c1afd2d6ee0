#include "test/simulation/ensemble_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::simulation;

TEST_CASE("three servers find a leader, take a session and carry requests out",
          "[simulation][ensemble]")
{
    ensemble_fixture fixture;

    REQUIRE(fixture.settle());
    const auto client = fixture.connect(fixture.follower());
    REQUIRE(client->connected());

    CHECK(fixture.ask(*client, make("/locks")).result == code::ok);
    const auto made = fixture.ask(*client, enqueue("/locks/a-"));
    CHECK(made.path == "/locks/a-0000000000");
    CHECK(made.stat.ephemeral_owner == client->keep.first);
    CHECK(fixture.ask(*client, on(op::children, "/locks")).names.size() == 1);
    CHECK(fixture.ask(*client, on(op::sync, "/locks")).result == code::ok);
    CHECK(fixture.ask(*client, on(op::get, "/locks/a-0000000000")).stat.czxid == made.stat.czxid);
    CHECK(fixture.ask(*client, on(op::remove, "/locks")).result == code::not_empty);
    CHECK(fixture.ask(*client, on(op::remove, made.path)).result == code::ok);
    CHECK(fixture.ask(*client, on(op::get, made.path), true).result == code::no_node);
    CHECK(fixture.ask(*client, on(op::close_session, "")).result == code::ok);
    fixture.run(100ms);
    CHECK(client->closed);
    CHECK(fixture.servers.sessions() == 0);
}
