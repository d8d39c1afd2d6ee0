// The case in which every other lock client has two believers: a follower is cut off from its
// leader and goes on answering its clients' reads and pings, while the leader expires their
// sessions.

#include "test/support/ensemble.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/netns_ensemble.hpp"
#include <paddock/paddock.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdio>
#include <future>
#include <string>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;

namespace {

/// Watches a hold until it is not believed any more and says when that was, at the latest.
boot_clock::time_point end_of_belief(const hold& granted)
{
    wait_until([&] { return !granted.held(); }, 90s);
    return boot_clock::now();
}

/// Locks again when its own session was lost: without its leader the rest first has to elect one.
hold lock_whatever_happens(keyed_mutex& locks)
{
    error_code ec;
    for (;;) {
        auto granted = locks.lock("42", ec);
        if (!ec)
            return granted;
        if (ec != condition::retryable)
            throw system_error(ec);
    }
}

double seconds_between(boot_clock::time_point from, boot_clock::time_point to)
{
    return std::chrono::duration<double>(to - from).count();
}

/// The holder sits at `cut_off`, the waiter at the other servers; then the link to the peers is
/// cut.
void check_one_believer(netns_ensemble& servers,
                        std::size_t cut_off,
                        std::chrono::milliseconds timeout,
                        const char* what)
{
    std::string rest;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        if (i != cut_off)
            rest += (rest.empty() ? "" : ",") + servers[i].connect_string();
    }
    const auto root = random_root();
    session holder{config_for(servers[cut_off].connect_string(), timeout)};
    session waiter{config_for(rest, timeout)};
    keyed_mutex held{holder, root};
    keyed_mutex wanted{waiter, root};
    const auto granted = held.lock("42");
    REQUIRE(holder.negotiated_timeout() == timeout);
    auto next = std::async(std::launch::async, [&] { return lock_whatever_happens(wanted); });
    wait_until([&] { return waiter.usage().watches == 1; });

    const auto cut_at = boot_clock::now();
    servers.isolate(cut_off);
    auto belief_end = std::async(std::launch::async, [&] { return end_of_belief(granted); });
    const auto second = next.get();
    const auto second_grant = boot_clock::now();

    const auto first_end = belief_end.get();
    std::printf("%s, time-out %lld ms: belief ended %.3f s after the cut, the other was granted "
                "after %.3f s\n",
                what,
                static_cast<long long>(timeout.count()),
                seconds_between(cut_at, first_end),
                seconds_between(cut_at, second_grant));
    CHECK(first_end < second_grant);
    CHECK(granted.lost().stop_requested());
    CHECK(second.token() > granted.token());
    servers.heal(cut_off);
    servers.servers().wait_for_all();
}

} // namespace

TEST_CASE(
    "a follower cut off from its leader, its client still attached, never makes two believers",
    "[integration][isolated]")
{
    if (!netns_ensemble::available())
        SKIP(netns_ensemble::unavailable_reason());
    netns_ensemble servers;
    servers.start();

    for (const auto timeout : {4'000ms, 10'000ms})
        check_one_believer(servers, servers.servers().follower(), timeout, "isolated follower");
}

TEST_CASE(
    "a leader cut off from its followers, its client still attached, never makes two believers",
    "[integration][isolated]")
{
    if (!netns_ensemble::available())
        SKIP(netns_ensemble::unavailable_reason());
    netns_ensemble servers;
    servers.start();

    check_one_believer(servers, servers.servers().leader(), 4'000ms, "isolated leader");
}
