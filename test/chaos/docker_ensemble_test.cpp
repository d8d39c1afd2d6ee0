// A lock on the dockerized ensemble while its leader is killed, frozen and cut off.

#include "test/chaos/docker_ensemble.hpp"
#include "test/support/lock_fixture.hpp"
#include <paddock/paddock.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <set>
#include <string>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;

namespace {

/// How long locks may be unavailable: detection, an election and a reconnect take a few seconds.
constexpr auto recovery_limit = 60s;

std::size_t wait_for_leader(docker_ensemble& servers)
{
    std::optional<std::size_t> found;
    wait_until([&] { return (found = servers.leader()).has_value(); }, recovery_limit);
    return *found;
}

/// Waits until a key can be locked, and shows that the hold is one by a commit of the quorum.
void lock_until_it_works(keyed_mutex& locks, const std::string& key)
{
    const auto locked = [&] {
        error_code ec;
        const auto held = locks.try_lock_for(key, 2s, ec);
        if (!held)
            return false;
        held->verify(ec);
        return !ec;
    };
    wait_until(locked, recovery_limit);
}

} // namespace

TEST_CASE("a lock works again after the leader's container was killed, paused or cut off",
          "[chaos][docker]")
{
    if (!docker_ensemble::unavailable_reason().empty())
        SKIP(docker_ensemble::unavailable_reason());
    docker_ensemble servers;
    session client{config_for(servers.hosts(), 6s)};
    keyed_mutex locks{client, random_root()};
    lock_until_it_works(locks, "before");

    const auto killed = wait_for_leader(servers);
    servers.kill(killed);
    lock_until_it_works(locks, "leader killed");
    servers.restart(killed);
    servers.wait_until_serving(killed);
    lock_until_it_works(locks, "leader back");

    const auto paused = wait_for_leader(servers);
    servers.pause(paused);
    lock_until_it_works(locks, "leader paused");
    CHECK(wait_for_leader(servers) != paused);
    servers.resume(paused);
    servers.wait_until_serving(paused);
    lock_until_it_works(locks, "leader resumed");

    const auto isolated = wait_for_leader(servers);
    servers.isolate(isolated);
    lock_until_it_works(locks, "leader isolated");
    CHECK(wait_for_leader(servers) != isolated);
    servers.heal(isolated);
    servers.wait_until_serving(isolated);
    lock_until_it_works(locks, "leader healed");
}

TEST_CASE("faults of one container combine, and may be there already", "[chaos][docker]")
{
    if (!docker_ensemble::unavailable_reason().empty())
        SKIP(docker_ensemble::unavailable_reason());
    docker_ensemble servers;
    const auto victim = wait_for_leader(servers);

    servers.pause(victim);
    servers.pause(victim);
    servers.isolate(victim);
    servers.isolate(victim);
    servers.kill(victim); // a frozen one
    servers.kill(victim);
    servers.resume(victim); // there is nothing to resume
    servers.restart(victim);
    servers.restart(victim);
    servers.heal(victim);
    servers.heal(victim);

    servers.wait_until_serving(victim);
    CHECK(servers.leader().has_value());
}

TEST_CASE("two dockerized ensembles run side by side", "[chaos][docker]")
{
    if (!docker_ensemble::unavailable_reason().empty())
        SKIP(docker_ensemble::unavailable_reason());
    docker_ensemble one;
    docker_ensemble other;

    CHECK(one.hosts() != other.hosts());
    one.kill(0);
    CHECK(
        server_mode({.host = other.address(0).substr(0, other.address(0).find(':')), .port = 2181})
            .has_value());
}
