// The contract of the locks, on real servers of one and of three nodes.

#include "test/support/adapter_client.hpp"
#include "test/support/called_once.hpp"
#include "test/support/ensemble.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
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

std::string hosts_of(std::size_t servers)
{
    return servers == 1 ? shared_server().connect_string() : shared_ensemble().connect_string();
}

/// A look at a critical section from inside: how many are there, and in which order they came.
class section {
public:
    void enter(int who, token fence)
    {
        if (inside_.fetch_add(1) != 0)
            overlaps_.fetch_add(1);
        const std::lock_guard lock(mutex_);
        order_.push_back(who);
        tokens_.push_back(fence);
    }
    void leave() { inside_.fetch_sub(1); }

    int overlaps() const { return overlaps_; }
    std::vector<int> order() const { return order_; }
    std::vector<token> tokens() const { return tokens_; }

private:
    std::atomic<int> inside_{0};
    std::atomic<int> overlaps_{0};
    std::mutex mutex_;
    std::vector<int> order_;
    std::vector<token> tokens_;
};

} // namespace

TEST_CASE("eight sessions never hold one key at once, and tokens rise with every grant",
          "[integration][lock]")
{
    const auto servers = GENERATE(1u, 3u);
    const auto root = random_root();
    constexpr int rounds = 20;
    section inside;

    std::vector<std::thread> workers;
    for (int who = 0; who < 8; ++who) {
        workers.emplace_back([&, who] {
            session client{config_for(hosts_of(servers))};
            keyed_mutex locks{client, root};
            for (int round = 0; round < rounds; ++round) {
                const auto granted = locks.lock("one");
                inside.enter(who, granted.token());
                inside.leave();
            }
        });
    }
    for (auto& worker : workers)
        worker.join();

    const auto tokens = inside.tokens();
    CHECK(inside.overlaps() == 0);
    CHECK(tokens.size() == 8 * rounds);
    CHECK(std::is_sorted(tokens.begin(), tokens.end()));
    CHECK(std::adjacent_find(tokens.begin(), tokens.end()) == tokens.end());
}

TEST_CASE("locks asked for together share transactions, which leave the path of a mutex unwritten",
          "[integration][lock]")
{
    const auto root = random_root();
    session client{config_for(server().text())};
    keyed_mutex locks{client, root + "/keys"};
    std::deque<mutex> mutexes;
    for (int each = 0; each < 16; ++each)
        mutexes.emplace_back(client, root + "/mutex-" + std::to_string(each));

    for (int round = 0; round < 3; ++round) { // first the parents are made, and seen to be quiet
        std::vector<std::future<hold>> waiting;
        for (std::size_t each = 0; each < mutexes.size(); ++each) {
            waiting.push_back(locks.async_lock(std::to_string(each), asio::use_future));
            waiting.push_back(mutexes[each].async_lock(asio::use_future));
        }
        std::vector<std::future<void>> gone;
        for (auto& each : waiting) {
            auto held = each.get();
            CHECK(held.held());
            gone.push_back(held.async_release(asio::use_future));
        }
        for (auto& each : gone)
            each.get();
    }

    adapter_client look({server()});
    look.wait_for("up");
    std::int32_t written = 0;
    for (std::size_t each = 0; each < mutexes.size(); ++each) {
        CHECK(look.stat(root + "/mutex-" + std::to_string(each)).stat.version == 0);
        written += look.stat(root + "/keys/" + std::to_string(each)).stat.version;
    }
    CHECK(written > 0);
    CHECK(client.usage().batched > 16);
    wait_until_clean(client);
}

TEST_CASE("eight sessions are served in order of arrival, with one watch event per release",
          "[integration][lock]")
{
    const auto servers = GENERATE(1u, 3u);
    const auto root = random_root();
    std::vector<session> clients;
    std::vector<keyed_mutex> locks;
    for (int who = 0; who < 8; ++who) {
        clients.emplace_back(config_for(hosts_of(servers)));
        locks.emplace_back(clients.back(), root);
    }
    section inside;
    std::vector<std::future<hold>> waiting;

    auto first = locks[0].lock("one");
    for (std::size_t who = 1; who < 8; ++who) { // each stands in the queue before the next comes
        waiting.push_back(locks[who].async_lock("one", asio::use_future));
        wait_until([&] { return clients[who].usage().watches == 1; });
    }
    first.release();
    for (std::size_t who = 1; who < 8; ++who) {
        auto granted = waiting[who - 1].get();
        inside.enter(static_cast<int>(who), granted.token());
        inside.leave();
    } // each is released by the end of its turn

    std::uint64_t events = 0;
    for (const auto& client : clients)
        events += client.usage().watch_events;
    CHECK(inside.order() == std::vector<int>{1, 2, 3, 4, 5, 6, 7});
    CHECK(inside.overlaps() == 0);
    CHECK(events == 7); // seven releases woke somebody; nobody was woken in vain
    for (const auto& client : clients)
        wait_until_clean(client);
}

TEST_CASE("a lock that is free is taken in one round trip and freed by its scope",
          "[integration][lock]")
{
    session client{config_for(hosts_of(1))};
    keyed_mutex locks{client, random_root()};
    { // makes the parents
        const auto warm = locks.lock("42");
    }
    wait_until([&] { return client.usage().reaped == 1; });
    const auto before = client.usage();

    {
        const auto granted = locks.lock("42");
        CHECK(granted.held());
        CHECK(granted.key() == "42");
        CHECK(granted.token().value() > 0);
        CHECK(granted.valid_until() > boot_clock::now());
        CHECK_FALSE(granted.lost().stop_requested());
    }
    wait_until([&] { return client.usage().reaped == 2; });

    const auto after = client.usage();
    CHECK(after.grants - before.grants == 1);
    CHECK(after.writes - after.evidence - (before.writes - before.evidence) == 2);
}

TEST_CASE("try_lock says at once that the key is taken and leaves nothing behind",
          "[integration][lock]")
{
    const auto root = random_root();
    session owner{config_for(hosts_of(1))};
    session other{config_for(hosts_of(1))};
    keyed_mutex owned{owner, root};
    keyed_mutex wanted{other, root};
    auto granted = owned.lock("42");

    CHECK_FALSE(wanted.try_lock("42").has_value());
    CHECK(wanted.try_lock("43").has_value());
    wait_until(
        [&] { return contenders_below(shared_server().client_endpoint(), root).size() == 1; });
    granted.async_release(asio::use_future).get();
    CHECK(wanted.try_lock("42").has_value());
}

TEST_CASE("a waiter whose time passes leaves no znode and no watch", "[integration][lock]")
{
    const auto servers = GENERATE(1u, 3u);
    const auto root = random_root();
    session owner{config_for(hosts_of(servers))};
    session client{config_for(hosts_of(servers))};
    keyed_mutex owned{owner, root};
    keyed_mutex locks{client, root};
    auto granted = owned.lock("42");

    const auto late = locks.try_lock_for("42", 100ms);

    CHECK_FALSE(late.has_value());
    wait_until([&] { return client.usage().contenders == 0 && client.usage().watches == 0; });
    const auto server =
        servers == 1 ? shared_server().client_endpoint() : shared_ensemble()[0].client_endpoint();
    wait_until([&] { return contenders_below(server, root).size() == 1; });
    wait_until([&] {
        if (servers == 1)
            return wchp(server).empty();
        return shared_ensemble().watch_count() == 0;
    });
    CHECK(granted.held());
}

TEST_CASE("a totally cancelled waiter is told when no znode of it is left", "[integration][lock]")
{
    const auto root = random_root();
    session owner{config_for(hosts_of(1))};
    session client{config_for(hosts_of(1))};
    keyed_mutex owned{owner, root};
    keyed_mutex locks{client, root};
    auto granted = owned.lock("42");
    asio::cancellation_signal cancel;
    call_check check;
    error_code outcome;
    bool engaged = true;
    std::size_t left = 99;

    locks.async_lock(
        "42",
        called_once(
            check,
            asio::bind_cancellation_slot(cancel.slot(), [&](error_code ec, const hold& none) {
                outcome = ec;
                engaged = none.held();
                left = contenders_below(shared_server().client_endpoint(), root).size();
            })));
    wait_until([&] { return client.usage().watches == 1; });
    cancel.emit(asio::cancellation_type::total);
    check.wait();

    CHECK(outcome == asio::error::operation_aborted);
    CHECK_FALSE(engaged);
    CHECK(left == 1); // the holder's
    wait_until([&] { return client.usage().watches == 0; });
}

TEST_CASE("a waiter cancelled at any moment leaves nothing behind", "[integration][lock]")
{
    const auto root = random_root();
    session owner{config_for(hosts_of(1))};
    session client{config_for(hosts_of(1))};
    keyed_mutex owned{owner, root};
    keyed_mutex locks{client, root};
    auto granted = owned.lock("42");
    std::vector<std::future<hold>> waiting;
    std::vector<asio::cancellation_signal> signals(40);

    for (std::size_t i = 0; i < signals.size(); ++i) {
        const auto before = client.usage().requests;
        waiting.push_back(locks.async_lock(
            "42", asio::bind_cancellation_slot(signals[i].slot(), asio::use_future)));
        const auto steps = i % 4; // not begun, created, listed, watched
        wait_until([&] { return client.usage().requests >= before + steps; });
        signals[i].emit(asio::cancellation_type::terminal);
    }

    for (auto& attempt : waiting)
        CHECK_THROWS_AS(attempt.get(), system_error);
    wait_until([&] { return client.usage().contenders == 0 && client.usage().watches == 0; });
    wait_until(
        [&] { return contenders_below(shared_server().client_endpoint(), root).size() == 1; });
    CHECK(granted.held());
}

TEST_CASE("release says whether it was held, once, and async_release when the znode is gone",
          "[integration][lock]")
{
    const auto root = random_root();
    session client{config_for(hosts_of(1))};
    keyed_mutex locks{client, root};

    auto granted = locks.lock("42");
    CHECK(granted.release());
    CHECK_FALSE(granted.release());
    CHECK_FALSE(granted.held());
    auto second = locks.lock("42");
    second.async_release(asio::use_future).get();

    CHECK(contenders_below(shared_server().client_endpoint(), root).empty());
    CHECK_THROWS_AS(hold().async_release(asio::use_future).get(), system_error);
}

TEST_CASE("verify asks the ensemble, and finds that an operator deleted the lock",
          "[integration][lock]")
{
    session client{config_for(hosts_of(1))};
    keyed_mutex locks{client, random_root()};
    const auto granted = locks.lock("42");
    CHECK_NOTHROW(granted.verify());
    auto ended = granted.async_wait_lost(asio::use_future);

    delete_node(shared_server().client_endpoint(), granted.path());
    error_code ec;
    granted.verify(ec);

    CHECK(ec == errc::hold_lost);
    CHECK_FALSE(granted.held());
    CHECK_THROWS_AS(ended.get(), system_error);
    wait_until([&] { return granted.lost().stop_requested(); });
}

TEST_CASE("a hold whose znode an operator deleted is found lost without being asked",
          "[integration][lock]")
{
    session client{config_for(hosts_of(1), 2s)};
    keyed_mutex locks{client, random_root()};
    const auto granted = locks.lock("42");

    delete_node(shared_server().client_endpoint(), granted.path());

    wait_until([&] { return granted.lost().stop_requested(); });
    CHECK_FALSE(granted.held());
    CHECK(client.usage().holds_lost == 1);
}

TEST_CASE("a waiter whose znode an operator deleted queues again and is granted",
          "[integration][lock]")
{
    const auto root = random_root();
    session owner{config_for(hosts_of(1))};
    session other{config_for(hosts_of(1), 2s)};
    keyed_mutex owned{owner, root};
    keyed_mutex wanted{other, root};
    auto granted = owned.lock("42");
    auto waiting = wanted.async_lock("42", asio::use_future);
    wait_until([&] { return other.usage().watches == 1; });
    const auto both = contenders_below(shared_server().client_endpoint(), root);

    for (const auto& path : both) {
        if (path != granted.path())
            delete_node(shared_server().client_endpoint(), path);
    }
    wait_until([&] {
        const auto now = contenders_below(shared_server().client_endpoint(), root);
        return now.size() == 2 && now != both;
    });
    granted.release();

    CHECK(waiting.get().held());
}

TEST_CASE("holds and waits outlive their lock object and their session", "[integration][lock]")
{
    const auto root = random_root();
    std::optional<session> client{config_for(hosts_of(1))};
    std::optional<keyed_mutex> locks{std::in_place, *client, root};
    auto granted = locks->lock("42");
    auto waiting = locks->async_lock("42", asio::use_future);

    locks.reset();
    CHECK(granted.held());
    client.reset();

    CHECK_THROWS_AS(waiting.get(), system_error);
    wait_until([&] { return !granted.held(); });
    CHECK_FALSE(granted.release());
    wait_until([&] { return contenders_below(shared_server().client_endpoint(), root).empty(); });
}
