// Keys that pass along the calls of one lock object, on real servers.

#include "src/io_thread.hpp"
#include "test/support/called_once.hpp"
#include "test/support/ensemble.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/session_expiry.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <latch>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

endpoint one_of(std::size_t servers)
{
    return servers == 1 ? shared_server().client_endpoint()
                        : shared_ensemble()[0].client_endpoint();
}

std::string hosts_of(std::size_t servers)
{
    return servers == 1 ? shared_server().connect_string() : shared_ensemble().connect_string();
}

std::vector<std::future<hold>> call(keyed_mutex& locks, std::size_t times)
{
    std::vector<std::future<hold>> calls;
    for (std::size_t each = 0; each < times; ++each)
        calls.push_back(locks.async_lock("42", asio::use_future));
    return calls;
}

// The same, and each of them stands in line once this returns.
std::vector<std::future<hold>> line_up(const session& client, keyed_mutex& locks, std::size_t calls)
{
    const auto before = client.usage().contenders;
    auto waiting = call(locks, calls);
    wait_until([&] { return client.usage().contenders == before + calls; });
    std::promise<void> turn_over; // it is counted before it stands in line, in the same turn
    paddock::detail::io_thread::instance()->post([&] { turn_over.set_value(); });
    turn_over.get_future().wait();
    return waiting;
}

} // namespace

// The thread that has the key leaves it only when the other's look has ended.
TEST_CASE("who looks once is not kept waiting by a thread that takes a retained key in that moment",
          "[integration][hand-off]")
{
    session client{config_for(shared_server().connect_string())};
    connect(client);
    std::optional<keyed_mutex> locks;
    locks.emplace(client, random_root(), lock_config{.handoffs_max = 100, .retain_for = 60s});
    constexpr int rounds = 2'000;
    std::barrier together(2);
    std::binary_semaphore looked{0};
    std::atomic<bool> kept_waiting{false};
    int found_taken = 0;
    std::jthread user([&] {
        for (int round = 0; round < rounds && !kept_waiting; ++round) {
            together.arrive_and_wait();
            const auto later = boot_clock::now() + std::chrono::nanoseconds(round % 64 * 500);
            while (boot_clock::now() < later) {
            }
            const auto held = locks->lock("42");
            if (!looked.try_acquire_for(wait_limit))
                kept_waiting = true;
        }
    });

    for (int round = 0; round < rounds && !kept_waiting; ++round) {
        together.arrive_and_wait();
        found_taken += locks->try_lock("42") ? 0 : 1;
        looked.release();
    }

    user.join();
    CHECK_FALSE(kept_waiting);
    CHECK(found_taken > 0);
    locks.reset();
    wait_until_clean(client);
}

TEST_CASE("threads that share a lock that hands on are never in one key together, and all have "
          "their turns",
          "[integration][hand-off]")
{
    const auto root = random_root();
    tcp_proxy way(shared_server().client_endpoint());
    session client{config_for(way.connect_string())};
    connect(client);
    keyed_mutex locks{client, root, {.handoffs_max = 100}};
    constexpr std::uint64_t grants = 4'000;
    constexpr std::size_t threads = 8;
    std::uint64_t guarded = 0; // by the lock alone, as is what follows
    token last;
    std::vector<std::uint64_t> turns(threads);
    std::atomic<int> inside{0};
    std::atomic<int> faults{0};
    std::latch all_there(threads);

    const auto work = [&](std::size_t who) {
        all_there.arrive_and_wait();
        for (bool more = true; more;) {
            const auto held = locks.lock("42");
            const bool alone = inside.fetch_add(1) == 0;
            const bool rises = held.token() > last;
            faults += alone && rises && held.held() ? 0 : 1;
            last = held.token();
            ++turns[who];
            more = ++guarded < grants;
            inside.fetch_sub(1);
        }
    };
    {
        std::vector<std::jthread> crowd;
        for (std::size_t each = 0; each < threads; ++each)
            crowd.emplace_back([&, each] { work(each); });
    }
    wait_until_clean(client);

    CHECK(faults == 0);
    for (const auto each : turns)
        CHECK(each > 0);
    const auto used = client.usage();
    CHECK(used.grants == guarded);
    // One in 101, and one whenever the line was empty for a moment.
    CHECK(used.grants - used.retaken < grants / 4);
    const auto changes = way.counters().count(
        {opcode::create, opcode::create2, opcode::create_container, opcode::remove, opcode::multi});
    CHECK(changes < grants / 2);
    CHECK(contenders_below(server(), root).empty());
}

TEST_CASE("a rival has its turn after so many hand-offs, and each time again",
          "[integration][hand-off]")
{
    const auto servers = GENERATE(1u, 3u);
    const auto root = random_root();
    session client{config_for(hosts_of(servers))};
    session other{config_for(hosts_of(servers))};
    constexpr unsigned most = 5;
    constexpr std::size_t contenders = 3; // of the crowd, one after the other
    keyed_mutex locks{client, root, {.handoffs_max = most}};
    keyed_mutex wanted{other, root};
    auto held = locks.lock("42");
    auto line = line_up(client, locks, contenders * (most + 1) - 1);
    std::size_t next = 0;
    token last = held.token();

    for (std::size_t round = 0; round < contenders; ++round) {
        auto rival = wanted.async_lock("42", asio::use_future);
        wait_until([&] { return other.usage().watches == 1; }); // it is next in the queue
        for (unsigned pass = 0; pass < most; ++pass) {
            held.release();
            held = line[next++].get();
            CHECK(held.token() > last);
            last = held.token();
        }
        CHECK(rival.wait_for(0s) == std::future_status::timeout);

        held.release();
        auto between = rival.get();
        CHECK(between.token() > last);
        last = between.token();
        if (round + 1 == contenders)
            break; // nobody is left
        CHECK(line[next].wait_for(0s) == std::future_status::timeout);
        wait_until([&] { return contenders_below(one_of(servers), root).size() == 2; });
        between.release();
        held = line[next++].get();
        CHECK(held.token() > last);
        last = held.token();
    }

    CHECK(client.usage().retaken == contenders * most);
    wait_until_clean(client);
    wait_until_clean(other);
    wait_until([&] { return contenders_below(one_of(servers), root).empty(); });
}

TEST_CASE("all of a line are told when their session expires, and nothing is left behind",
          "[integration][hand-off]")
{
    const auto root = random_root();
    session client{config_for(hosts_of(1))};
    session other{config_for(hosts_of(1))};
    keyed_mutex locks{client, root, {.handoffs_max = 100}};
    keyed_mutex elsewhere{other, root};
    std::optional<hold> of_line;
    std::optional<hold> of_rival;

    SECTION("one of them has the key")
    {
        of_line = locks.lock("42");
    }
    SECTION("a rival has it, and the first of them waits for all")
    {
        of_rival = elsewhere.lock("42");
    }
    auto waiting = line_up(client, locks, 50);
    if (of_rival)
        wait_until([&] { return client.usage().watches == 1; });
    expire_session(server(), client.status().session_id);

    for (auto& each : waiting)
        CHECK(outcome_of(each) == errc::session_lost);
    if (of_line) {
        CHECK_FALSE(of_line->held());
        CHECK_FALSE(of_line->release());
    }
    of_rival.reset();
    connect(client);
    wait_until_clean(client);
    wait_until_clean(other);
    CHECK(contenders_below(server(), root).empty());

    auto again = locks.lock("42");
    auto next = line_up(client, locks, 1);
    again.release();
    CHECK(next[0].get().token() > again.token());
    CHECK(client.usage().retaken == 1);
}

TEST_CASE("all of a line are told when their server says nothing any more",
          "[integration][hand-off]")
{
    server_process own;
    own.start();
    const auto root = random_root();
    session client{config_for(own.connect_string(), 2s)};
    keyed_mutex locks{client, root, {.handoffs_max = 100}};
    auto held = locks.lock("42");
    auto waiting = line_up(client, locks, 20);
    auto limited = locks.async_try_lock_for("42", 50ms, asio::use_future);

    own.pause();
    CHECK_FALSE(limited.get().has_value()); // its time passes all the same
    wait_until([&] { return held.lost().stop_requested(); });
    held.release(); // hands nothing on
    for (auto& each : waiting)
        CHECK(outcome_of(each) == errc::session_lost);
    own.resume();

    connect(client);
    wait_until([&] { return contenders_below(own.client_endpoint(), root).empty(); });
    CHECK(client.usage().retaken == 0);
    CHECK(locks.lock("42").held());
    wait_until_clean(client);
}

TEST_CASE("who leaves a line does not stop the others", "[integration][hand-off]")
{
    const auto root = random_root();
    session client{config_for(hosts_of(1))};
    session other{config_for(hosts_of(1))};
    keyed_mutex locks{client, root, {.handoffs_max = 100}};
    keyed_mutex elsewhere{other, root};
    asio::cancellation_signal cancel;
    call_check told;
    error_code outcome;
    const auto leaves = [&] {
        return called_once(told,
                           asio::bind_cancellation_slot(
                               cancel.slot(), [&](error_code ec, const hold&) { outcome = ec; }));
    };
    const auto type = GENERATE(asio::cancellation_type::total, asio::cancellation_type::terminal);
    hold held;
    std::vector<std::future<hold>> stay;

    SECTION("from its middle")
    {
        held = locks.lock("42");
        stay = line_up(client, locks, 2);
        locks.async_lock("42", leaves());
        CHECK_FALSE(locks.try_lock_for("42", 50ms).has_value());
        wait_until([&] { return client.usage().contenders == 4; });
    }
    SECTION("from its head, at the ensemble")
    {
        held = elsewhere.lock("42");
        locks.async_lock("42", leaves());
        wait_until([&] { return client.usage().watches == 1; });
        stay = line_up(client, locks, 2);
    }
    SECTION("from its head, when its time is over")
    {
        held = elsewhere.lock("42");
        auto limited = locks.async_try_lock_for("42", 50ms, asio::use_future);
        locks.async_lock("42", leaves());
        stay = call(locks, 2);
        CHECK_FALSE(limited.get().has_value());
    }
    cancel.emit(type);
    told.wait();
    CHECK(outcome == asio::error::operation_aborted);
    auto last = held.token();
    held.release();

    for (auto& each : stay) {
        auto granted = each.get();
        CHECK(granted.token() > last);
        last = granted.token();
        granted.release();
    }
    wait_until_clean(client);
    wait_until_clean(other);
    CHECK(contenders_below(server(), root).empty());
}

TEST_CASE("a line goes on without its lock object", "[integration][hand-off]")
{
    const auto root = random_root();
    session client{config_for(hosts_of(1))};
    std::optional<keyed_mutex> locks(std::in_place, client, root, lock_config{.handoffs_max = 2});
    auto held = locks->lock("42");
    auto line = line_up(client, *locks, 5);

    locks.reset();
    held.release();

    for (auto& each : line)
        CHECK(each.get().held());
    wait_until_clean(client);
    CHECK(contenders_below(server(), root).empty());
}
