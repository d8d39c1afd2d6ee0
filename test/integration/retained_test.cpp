// Retained keys, on real servers.

#include "test/support/ensemble.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr lock_config retaining{.retain_for = 1h};

std::string hosts_of(std::size_t servers)
{
    return servers == 1 ? shared_server().connect_string() : shared_ensemble().connect_string();
}

} // namespace

TEST_CASE("a retained key is taken again and again by one contender", "[integration][retained]")
{
    const auto root = random_root();
    session client{config_for(hosts_of(1))};
    keyed_mutex locks{client, root, retaining};
    auto path = locks.lock("42").path();
    token last;

    for (int each = 0; each < 1'000; ++each) {
        const auto held = locks.lock("42");
        REQUIRE(held.held());
        REQUIRE(held.token() > last);
        REQUIRE(held.path() == path);
        last = held.token();
    }

    CHECK(client.usage().retaken >= 1'000);
    CHECK(client.usage().retained == 1);
    CHECK(contenders_below(server(), root).size() == 1);
}

TEST_CASE("another session gets a retained key at once", "[integration][retained]")
{
    const auto servers = GENERATE(1u, 3u);
    const auto root = random_root();
    session client{config_for(hosts_of(servers))};
    session other{config_for(hosts_of(servers))};
    keyed_mutex locks{client, root, retaining};
    keyed_mutex wanted{other, root, retaining};

    for (int round = 0; round < 20; ++round) {
        auto& next = round % 2 == 0 ? locks : wanted;
        const auto held = next.try_lock_for("42", 20s); // far less than an hour
        REQUIRE(held.has_value());
    }
    CHECK(client.usage().retained + other.usage().retained <= 1);
}

TEST_CASE("a rival that came while the connection was away is found when it is back, on a server",
          "[integration][retained]")
{
    const auto root = random_root();
    tcp_proxy way(shared_server().client_endpoint());
    session client{config_for(way.connect_string())};
    session other{config_for(hosts_of(1))};
    keyed_mutex locks{client, root, retaining};
    keyed_mutex wanted{other, root};
    locks.lock("42").release();
    REQUIRE(client.usage().retained == 1);

    SECTION("it is set again at the next connection")
    {
        const auto before = client.usage().connects;
        way.cut_now();
        wait_until([&] { return client.usage().connects > before; });
    }
    SECTION("it would have fired meanwhile")
    {
        way.refuse(true);
        way.cut_now();
        auto waiting = wanted.async_try_lock_for("42", 60s, asio::use_future);
        wait_until([&] { return contenders_below(server(), root).size() == 2; });
        way.allow();
        CHECK(waiting.get().has_value());
    }
    CHECK(wanted.try_lock_for("42", 20s).has_value());
}

TEST_CASE("threads that share a retaining lock are never in one key together",
          "[integration][retained]")
{
    const auto root = random_root();
    session client{config_for(hosts_of(1))};
    session other{config_for(hosts_of(1))};
    constexpr int keys = 3;
    constexpr int threads = 4;
    constexpr int rounds = 2'000;
    keyed_mutex locks{client, root, retaining};
    keyed_mutex rival{other, root};
    std::vector<long> guarded(keys); // by the locks alone
    std::vector<token> last(keys);
    std::atomic<int> late{0};
    std::atomic<bool> falls{false};

    const auto work = [&](keyed_mutex& with, int number, int times) {
        for (int round = 0; round < times; ++round) {
            const auto key = static_cast<std::size_t>((number + round / 16) % keys);
            const auto name = std::to_string(key);
            auto held = round % 4 == 0 ? with.try_lock(name) : std::optional(with.lock(name));
            if (!held)
                continue;
            if (held->token() <= last[key])
                falls = true;
            last[key] = held->token();
            ++guarded[key];
            late += held->held() ? 0 : 1;
        }
    };
    {
        std::vector<std::jthread> crowd;
        for (int each = 0; each < threads; ++each)
            crowd.emplace_back([&, each] { work(locks, each, rounds); });
        crowd.emplace_back([&] { work(rival, 0, 100); });
    }

    CHECK_FALSE(falls);
    CHECK(late == 0);
    CHECK(client.usage().grants + other.usage().grants ==
          static_cast<std::uint64_t>(guarded[0] + guarded[1] + guarded[2]));
    CHECK(client.usage().retaken > 0);
}

TEST_CASE("asynchronous calls for a retained key complete on their executor, never inside the call",
          "[integration][retained]")
{
    asio::io_context mine;
    session client{mine.get_executor(), config_for(hosts_of(1))};
    keyed_mutex locks{client, random_root(), retaining};
    locks.lock("42").release();
    REQUIRE(client.usage().retained == 1);
    std::thread::id ran_by;
    bool inside = true;

    locks.async_lock("42", [&](error_code ec, hold held) {
        CHECK_FALSE(ec);
        CHECK_FALSE(inside);
        CHECK(held.held());
        ran_by = std::this_thread::get_id();
        locks.async_try_lock("42", [&](error_code again, std::optional<hold> none) {
            CHECK_FALSE(again);
            CHECK_FALSE(none.has_value()); // held here, which needs no server to know
        });
        mine.poll(); // the second one, while the first hold is there
    });
    inside = false;
    mine.run();

    CHECK(ran_by == std::this_thread::get_id());
    CHECK(client.usage().retaken == 1);
}

TEST_CASE("a mutex object retains its lock, too", "[integration][retained]")
{
    const auto path = random_root() + "/lock";
    session client{config_for(hosts_of(1))};
    session other{config_for(hosts_of(1))};
    mutex lock{client, path, retaining};
    mutex wanted{other, path};
    for (int each = 0; each < 10; ++each) {
        const std::lock_guard guard(lock);
        CHECK(lock.held());
    }
    CHECK(client.usage().retaken == 9);
    CHECK(wanted.try_lock_for(20s));
    wanted.unlock();
}
