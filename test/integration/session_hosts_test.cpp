// Host lists of every kind: chroots, IPv6, names, and lists that change while locks are held.

#include "test/support/ensemble.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include "test/support/unique_fd.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <chrono>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

bool is_connected_to(const endpoint& where, std::int64_t session)
{
    const auto all = cons(where);
    return std::any_of(all.begin(), all.end(), [&](const connection_info& one) {
        const auto sid = one.fields.find("sid");
        return sid != one.fields.end() && std::stoll(sid->second, nullptr, 16) == session;
    });
}

bool has_ipv6()
{
    const unique_fd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_addr = in6addr_loopback;
    return ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0;
}

} // namespace

TEST_CASE("a chroot is made, and all locks live below it", "[integration][session]")
{
    const auto chroot = random_root() + "/in/the/depth";
    session client{config_for(server().text() + chroot)};
    keyed_mutex locks{client, "/locks"};

    const auto held = locks.lock("42");

    CHECK(contenders_below(server(), chroot + "/locks") ==
          std::set<std::string>{chroot + held.path()});
    CHECK(held.path().starts_with("/locks/")); // the chroot is no part of what users see
    CHECK(dump(server()).at(client.status().session_id).size() == 1);
}

TEST_CASE("a key below a chroot is one lock with the same path without", "[integration][session]")
{
    const auto chroot = random_root();
    session inside{config_for(server().text() + chroot)};
    session outside{config_for(server().text())};
    keyed_mutex locks_inside{inside, "/locks"};
    keyed_mutex locks_outside{outside, chroot + "/locks"};

    auto held = locks_inside.lock("42");
    CHECK_FALSE(locks_outside.try_lock("42").has_value());
    auto waiting = locks_outside.async_lock("42", asio::use_future);
    wait_until([&] { return outside.usage().watches == 1; });
    held.release();
    auto next = waiting.get(); // and the other way round: the watch is seen below the chroot too
    auto waiting_inside = locks_inside.async_lock("42", asio::use_future);
    wait_until([&] { return inside.usage().watches == 1; });
    next.release();

    CHECK(waiting_inside.get().held());
}

// The attempt's own contender is looked for, found and removed where the chroot put it.
TEST_CASE("ghost_search_chroot: a contender whose create was not answered goes, below a chroot too",
          "[integration][session]")
{
    const auto chroot = random_root();
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string() + chroot)};
    keyed_mutex locks{client, "/locks"};
    locks.lock("42").async_release(asio::use_future).get();

    relay.cut_after_request({.of = {opcode::create2}, .hold_off_until_released = true});
    CHECK_FALSE(locks.try_lock_for("42", 300ms).has_value());
    CHECK(contenders_below(server(), chroot).size() == 1); // the ghost
    relay.allow();

    wait_until([&] { return contenders_below(server(), chroot).empty(); });
    wait_until_clean(client);
    CHECK(locks.lock("42").held());
}

TEST_CASE("a contender whose create was not answered is adopted, below a chroot too",
          "[integration][session]")
{
    const auto chroot = random_root();
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string() + chroot)};
    keyed_mutex locks{client, "/locks"};
    locks.lock("42").async_release(asio::use_future).get();

    relay.cut_after_request({.of = {opcode::create2}});
    const auto held = locks.lock("42");

    CHECK(relay.counters().cuts == 1);
    CHECK(contenders_below(server(), chroot) == std::set<std::string>{chroot + held.path()});
}

TEST_CASE("a server is reached by its IPv6 address", "[integration][session]")
{
    if (!has_ipv6())
        SKIP("this machine has no ::1");
    server_process both({.config_lines = {"clientPortAddress=::"}}); // the last such line counts
    both.start();
    const auto port = std::to_string(both.client_endpoint().port);
    session client{config_for("[::1]:" + port + random_root())};
    keyed_mutex locks{client, "/locks"};

    CHECK(locks.lock("42").held());
}

TEST_CASE("a server is reached by its name", "[integration][session]")
{
    session client{config_for("localhost:" + std::to_string(server().port))};
    keyed_mutex locks{client, random_root()};

    CHECK(locks.lock("42").held());
}

TEST_CASE("a server that is down does not keep a session from the others", "[integration][session]")
{
    const server_process down;
    const session client{config_for(down.connect_string() + "," + server().text())};

    CHECK(client.wait_connected(wait_limit));
}

TEST_CASE("new hosts move the session to another server, with its id and its holds",
          "[integration][session]")
{
    auto& servers = shared_ensemble();
    session client{config_for(servers[0].connect_string())};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");
    const auto id = client.status().session_id;
    REQUIRE(is_connected_to(servers[0].client_endpoint(), id));

    client.set_hosts(servers[1].connect_string());
    wait_until([&] { return is_connected_to(servers[1].client_endpoint(), id); });
    connect(client);

    CHECK(client.status().session_id == id);
    CHECK(client.epoch() == 1);
    CHECK(held.held());
    CHECK_NOTHROW(held.verify());
    CHECK_FALSE(is_connected_to(servers[0].client_endpoint(), id));
    CHECK(client.usage().holds_lost == 0);
}

TEST_CASE("new hosts that still name the connected server do not disturb it",
          "[integration][session]")
{
    auto& servers = shared_ensemble();
    session client{config_for(servers[0].connect_string())};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");

    client.set_hosts(servers.connect_string());
    CHECK_NOTHROW(held.verify()); // the new list was taken in before this

    CHECK(client.usage().connects == 1);
    CHECK(is_connected_to(servers[0].client_endpoint(), client.status().session_id));
}

TEST_CASE("new hosts count from when they are given, however early", "[integration][session]")
{
    tcp_proxy old_one(server());
    tcp_proxy new_one(server());
    session client{config_for(old_one.connect_string())};

    client.set_hosts(new_one.connect_string());

    wait_until([&] {
        return client.state() == session_state::connected && new_one.open_connections() == 1;
    });
    wait_until([&] { return old_one.open_connections() == 0; });
}

TEST_CASE("new hosts with another chroot, or a fault, are refused and change nothing",
          "[integration][session]")
{
    const auto chroot = random_root();
    session client{config_for(server().text() + chroot)};
    connect(client);

    CHECK_THROWS_AS(client.set_hosts(server().text()), std::invalid_argument);
    CHECK_THROWS_AS(client.set_hosts(server().text() + chroot + "/x"), std::invalid_argument);
    CHECK_THROWS_AS(client.set_hosts("zk1:port" + chroot), std::invalid_argument);
    CHECK_NOTHROW(client.set_hosts(server().text() + chroot));

    keyed_mutex locks{client, "/locks"};
    CHECK(locks.lock("42").held());
    CHECK(client.usage().connects == 1);
}
