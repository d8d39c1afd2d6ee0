// Limits and edges of the locks, on a real server.

#include "test/support/four_letter.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

std::string hosts()
{
    return shared_server().connect_string();
}

} // namespace

TEST_CASE("max_hold ends a hold that a hung worker would keep", "[integration][lock]")
{
    const auto root = random_root();
    session client{config_for(hosts())};
    session other{config_for(hosts())};
    keyed_mutex bounded{client, root, {.max_hold = 200ms}};
    keyed_mutex wanted{other, root};
    const auto hung = bounded.lock("42");

    const auto next = wanted.try_lock_for("42", 20s);

    REQUIRE(next.has_value());
    CHECK_FALSE(hung.held());
    CHECK(hung.lost().stop_requested());
    CHECK(next->token() > hung.token());
}

TEST_CASE("an attempt beyond waiters_max is refused and leaves nothing behind",
          "[integration][lock]")
{
    const auto root = random_root();
    session client{config_for(hosts())};
    keyed_mutex locks{client, root, {.waiters_max = 1}};
    const auto granted = locks.lock("42");

    error_code ec;
    const auto refused = locks.lock("42", ec);

    CHECK(ec == errc::queue_full);
    CHECK(ec == condition::retryable);
    CHECK_FALSE(refused.held());
    wait_until([&] { return contenders_below(server(), root).size() == 1; });
}

TEST_CASE("a key may hold any bytes, and keys never nest", "[integration][lock]")
{
    session client{config_for(hosts())};
    keyed_mutex locks{client, random_root()};

    const auto plain = locks.lock("a");
    const auto nested = locks.try_lock("a/0");
    const auto odd = locks.try_lock(std::string("\0\n%/\xC3\xA9", 6));
    error_code ec;
    const auto none = locks.lock("", ec);

    CHECK(nested.has_value());
    CHECK(odd.has_value());
    CHECK(ec == errc::key_invalid);
}

TEST_CASE("mutexes work with scoped_lock, and a thread that locks twice is told",
          "[integration][lock]")
{
    const auto root = random_root();
    session client{config_for(hosts())};
    paddock::mutex a{client, root + "/a"};
    paddock::mutex b{client, root + "/b"};

    {
        const std::scoped_lock both{a, b};
        CHECK(a.held());
        CHECK(b.current_token().value() > 0);
        CHECK_THROWS_AS(a.lock(), system_error);
        bool elsewhere = true;
        std::thread([&] { elsewhere = a.try_lock_for(50ms); }).join();
        CHECK_FALSE(elsewhere);
    }

    CHECK_FALSE(a.held());
    wait_until_clean(client);
    CHECK(a.try_lock());
    a.unlock();
}

TEST_CASE("ten thousand keys leave no znode behind once containers are cleaned up",
          "[integration][lock]")
{
    server_process server{{.java_properties = {"znode.container.checkIntervalMs=100",
                                               "znode.container.maxPerMinute=1000000"}}};
    server.start();
    const auto before = srvr(server.client_endpoint()).at("Node count");
    const auto root = "/locks";
    session client{config_for(server.connect_string())};
    keyed_mutex locks{client, root};
    std::vector<std::future<hold>> attempts;

    for (int key = 0; key < 10'000; ++key)
        attempts.push_back(locks.async_lock(std::to_string(key), asio::use_future));
    for (auto& attempt : attempts)
        CHECK(attempt.get().held());
    wait_until_clean(client);

    const auto only_the_root = std::to_string(std::stoi(before) + 1);
    wait_until([&] { return srvr(server.client_endpoint()).at("Node count") == only_the_root; },
               60s);
}

TEST_CASE("a release that is dropped before it begins still frees the key", "[integration][lock]")
{
    const auto root = random_root();
    session client{config_for(hosts())};
    keyed_mutex locks{client, root};

    {
        auto granted = locks.lock("42");
        auto never_started = granted.async_release(asio::deferred);
        CHECK_FALSE(granted.held());
    }

    CHECK(locks.try_lock_for("42", 10s).has_value());
}

TEST_CASE("the longest limits there are do not pass at once", "[integration][lock]")
{
    session client{config_for(hosts())};
    CHECK(client.wait_connected(std::chrono::milliseconds::max()));
    keyed_mutex locks{client, random_root()};

    auto for_ever = locks.try_lock_for("1", std::chrono::hours::max());
    auto until_the_end = locks.try_lock_until("2", std::chrono::steady_clock::time_point::max());
    auto long_ago = locks.try_lock_until("3", std::chrono::system_clock::time_point::min());

    CHECK(for_ever.has_value());
    CHECK(until_the_end.has_value());
    CHECK(long_ago.has_value()); // it looks once, and the key is free
}

TEST_CASE("a session that waits for as many keys as one reconnect can restore refuses more",
          "[integration][lock]")
{
    const std::string chroot = "/" + std::string(400, 'c') + random_root().substr(1);
    tcp_proxy relay(server());
    session owner{config_for(hosts() + chroot)};
    session client{config_for(relay.connect_string() + chroot)};
    keyed_mutex owned{owner, "/" + std::string(400, 'r')};
    keyed_mutex wanted{client, "/" + std::string(400, 'r')};
    std::vector<hold> holds;
    std::vector<std::future<hold>> waiting;
    error_code refused;

    for (int key = 0; !refused && key < 1'000; ++key) {
        holds.push_back(owned.lock(std::to_string(key)));
        const auto watches = client.usage().watches;
        waiting.push_back(wanted.async_lock(std::to_string(key), asio::use_future));
        wait_until([&] {
            return client.usage().watches > watches ||
                   waiting.back().wait_for(0s) == std::future_status::ready;
        });
        if (waiting.back().wait_for(0s) == std::future_status::ready)
            refused = outcome_of(waiting.back());
    }
    auto behind_own = wanted.async_lock("0", asio::use_future); // takes no watch
    wait_until([&] { return client.usage().local_waits == 1; });
    const auto connects = client.usage().connects;
    relay.cut_now();
    wait_until([&] { return client.usage().connects > connects; });

    CHECK(refused == errc::too_many_watches);
    const auto path_bytes = chroot.size() + holds.front().path().size() + 4;
    CHECK(client.usage().watches * path_bytes <= 700 * 1024 + path_bytes);
    CHECK(client.usage().watches * path_bytes > 600 * 1024);
    holds.front().release(); // the watches were restored: this one still fires
    auto first = waiting.front().get();
    CHECK(first.held());
    first.release();
    CHECK(behind_own.get().held());
    CHECK(client.usage().epochs == 1);
}

TEST_CASE("beside a slow server locks are granted and connections stay", "[integration][lock]")
{
    tcp_proxy relay(server());
    relay.delay(200ms); // a round trip of a tenth of the time-out: more than belief likes
    session client{config_for(relay.connect_string(), 4s)};
    connect(client);
    keyed_mutex locks{client, random_root()};

    for (int round = 0; round < 3; ++round)
        CHECK(locks.lock("42").token().value() > 0);

    CHECK(client.usage().connects <= 10); // at most one for each second
    CHECK(client.usage().epochs == 1);
}

TEST_CASE("requests_max holds while there is no connection", "[integration][lock]")
{
    auto config = config_for("127.0.0.1:1"); // nobody listens there
    config.requests_max = 10;
    config.connect_timeout = 60s;
    session client{config};
    keyed_mutex locks{client, random_root()};
    std::vector<std::future<hold>> waiting;

    for (int i = 0; i < 10; ++i)
        waiting.push_back(locks.async_lock("42", asio::use_future));
    auto one_more = locks.async_lock("42", asio::use_future);

    CHECK(outcome_of(one_more) == errc::too_many_requests);
    client.close();
    for (auto& attempt : waiting)
        CHECK(outcome_of(attempt) == errc::session_closed);
}

TEST_CASE("every attempt of a session that is closed is told so, sent or queued",
          "[integration][lock]")
{
    session client{config_for(hosts())};
    connect(client);
    keyed_mutex locks{client, random_root()};
    const auto granted = locks.lock("42");
    std::vector<std::future<hold>> waiting;

    for (int i = 0; i < 2'000; ++i)
        waiting.push_back(locks.async_lock("42", asio::use_future));
    client.close();

    for (auto& attempt : waiting)
        CHECK(outcome_of(attempt) == errc::session_closed);
}

TEST_CASE("a key that looks like a contender does not stand in the way of a lock above it",
          "[integration][lock]")
{
    const auto root = random_root();
    session client{config_for(hosts())};
    keyed_mutex products{client, root};
    paddock::mutex all{client, root};
    const auto product = products.lock("0000000000"); // its container reads like a sequence number

    const bool taken = all.try_lock_for(10s);

    CHECK(taken);
    CHECK(product.held());
    all.unlock();
    wait_until([&] { return client.usage().contenders == 1 && client.usage().watches == 0; });
}
