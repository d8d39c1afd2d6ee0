// Holds and waiters while servers of a real three-node ensemble fail.

#include "test/support/ensemble.hpp"
#include "test/support/lock_fixture.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <vector>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

server_config with_long_timeouts()
{
    server_config config;
    config.tick = 1'500ms; // allows session time-outs of up to 30 s
    // An elected leader waits this long for its followers. Where an election goes wrong, which a
    // busy machine brings about, the next one must come well before the sessions end.
    config.init_limit_ticks = 4;
    return config;
}

std::vector<hold> take_keys(keyed_mutex& locks, int count)
{
    std::vector<std::future<hold>> attempts;
    for (int key = 0; key < count; ++key)
        attempts.push_back(locks.async_lock(std::to_string(key), asio::use_future));
    std::vector<hold> holds;
    for (auto& attempt : attempts)
        holds.push_back(attempt.get());
    return holds;
}

bool all_held(const std::vector<hold>& holds)
{
    return std::all_of(holds.begin(), holds.end(), [](const hold& one) { return one.held(); });
}

} // namespace

TEST_CASE("the leader killed under 64 held locks loses none", "[integration][cluster]")
{
    ensemble servers(3, with_long_timeouts());
    servers.start();
    session client{config_for(servers.connect_string(), 30s)};
    keyed_mutex locks{client, random_root()};
    const auto holds = take_keys(locks, 64);
    REQUIRE(all_held(holds));

    const auto leader = servers.leader();
    servers.kill(leader);
    servers.wait_for_quorum();
    for (const auto& one : holds)
        CHECK_NOTHROW(one.verify()); // by a commit of the new leader's quorum
    servers.restart(leader);

    CHECK(all_held(holds));
    CHECK(client.usage().holds_lost == 0);
    CHECK(client.usage().epochs == 1);
}

TEST_CASE("waiters keep their order when the leader is killed", "[integration][cluster]")
{
    ensemble servers(3, with_long_timeouts());
    servers.start();
    const auto root = random_root();
    std::vector<session> clients;
    std::vector<keyed_mutex> locks;
    std::vector<std::future<hold>> waiting;
    for (int who = 0; who < 4; ++who) {
        clients.emplace_back(config_for(servers.connect_string(), 30s));
        locks.emplace_back(clients.back(), root);
    }
    auto first = locks[0].lock("42");
    for (std::size_t who = 1; who < 4; ++who) {
        waiting.push_back(locks[who].async_lock("42", asio::use_future));
        wait_until([&] { return clients[who].usage().watches == 1; });
    }

    servers.kill(servers.leader());
    servers.wait_for_quorum();
    auto last = first.token();
    first.release();
    for (auto& turn : waiting) {
        auto granted = turn.get();
        CHECK(granted.token() > last);
        last = granted.token();
    }

    for (const auto& client : clients)
        wait_until_clean(client);
}

TEST_CASE("an ensemble that lost its quorum grants nothing, and goes on when it is back",
          "[integration][cluster]")
{
    ensemble servers(3, with_long_timeouts());
    servers.start();
    session client{config_for(servers.connect_string(), 30s)};
    keyed_mutex locks{client, random_root()};
    connect(client);

    servers.kill(0);
    servers.kill(1);
    const auto none = locks.try_lock_for("42", 1s);
    CHECK_FALSE(none.has_value());
    servers.start();

    CHECK(locks.lock("42").held());
}
