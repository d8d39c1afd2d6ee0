// What a session tells of itself: status, subscriptions, figures; and where handlers run.

#include "test/support/called_once.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Asks for one status after another, as a program does that shows the session's health.
class subscriber {
public:
    subscriber(const session& client, asio::io_context& io) : client_(client), io_(io) { ask(); }

    const std::vector<session_status>& given() const { return given_; }
    error_code end() const { return end_; }

private:
    void ask()
    {
        const auto seen = given_.empty() ? session_status() : given_.back();
        client_.async_next_status(
            seen, asio::bind_executor(io_, [this](error_code ec, session_status status) {
                end_ = ec;
                if (ec)
                    return;
                given_.push_back(std::move(status));
                ask();
            }));
    }

    const session& client_;
    asio::io_context& io_;
    std::vector<session_status> given_;
    error_code end_;
};

std::string threads_of_this_process()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("Threads:"))
            return line;
    }
    return "unknown";
}

} // namespace

TEST_CASE("a session connects and reports its time-out, its epoch and its id",
          "[integration][session]")
{
    const session client{config_for(server().text(), 4s)};

    REQUIRE(client.wait_connected(wait_limit));

    const auto now = client.status();
    CHECK(now.state == session_state::connected);
    CHECK(now.epoch == 1);
    CHECK(now.negotiated_timeout == 4s);
    CHECK(session_ids(server()).contains(now.session_id));
    CHECK_FALSE(now.reason);
    CHECK(now.explanation.empty());
    CHECK(client.state() == session_state::connected);
    CHECK(client.epoch() == 1);
    CHECK(client.negotiated_timeout() == 4s);
    CHECK(client.usage().connects == 1);
    CHECK(client.usage().epochs == 1);
}

TEST_CASE("a session that was never connected says so", "[integration][session]")
{
    const server_process not_started;
    const session client{config_for(not_started.connect_string())};

    CHECK_FALSE(client.wait_connected(100ms));

    const auto now = client.status();
    CHECK(now.state == session_state::connecting);
    CHECK(now.version > 0);
    CHECK(now.epoch == 0);
    CHECK(now.session_id == 0);
    CHECK(now.negotiated_timeout == 0ms);
}

TEST_CASE("a subscriber is given the present status and then each newer one",
          "[integration][session]")
{
    session client{config_for(server().text())};

    auto seen = client.async_next_status({}, asio::use_future).get();
    while (seen.state != session_state::connected) {
        const auto next = client.async_next_status(seen, asio::use_future).get();
        REQUIRE(next.version > seen.version);
        seen = next;
    }
    auto last = client.async_next_status(seen, asio::use_future);
    client.close();

    CHECK(last.get().state == session_state::closed);
}

TEST_CASE("a slow subscriber skips what is outdated and never misses the latest",
          "[integration][session]")
{
    constexpr std::size_t cuts = 5;
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string())};
    connect(client);
    asio::io_context rarely_run;
    const subscriber slow(client, rarely_run);
    auto run_until = [&](const std::function<bool()>& done) {
        wait_until([&] {
            rarely_run.poll();
            return done();
        });
    };
    run_until([&] { return !slow.given().empty(); });

    const auto first = slow.given().size();
    for (std::size_t cut = 1; cut <= cuts; ++cut) {
        relay.cut_now();
        wait_until([&] { return client.usage().connects == cut + 1; });
    }
    connect(client);
    const auto latest = client.status();
    run_until([&] { return slow.given().back().version == latest.version; });

    CHECK(slow.given().size() - first <= 2); // what was the news when it asked, then the latest
    CHECK(latest.version - slow.given().at(first - 1).version >= 2 * cuts);
    client.close();
    run_until([&] { return slow.end() == errc::session_closed; });
    CHECK(slow.given().back().state == session_state::closed);
}

TEST_CASE("waiting for a status or a loss ends when it is cancelled, also right after it began",
          "[integration][session]")
{
    const auto type = GENERATE(asio::cancellation_type::terminal,
                               asio::cancellation_type::partial,
                               asio::cancellation_type::total);
    session client{config_for(server().text())};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");
    const auto present = client.status();
    asio::io_context io;

    for (int round = 0; round < 50; ++round) {
        asio::cancellation_signal cancel_status, cancel_loss;
        call_check status, loss;
        std::optional<error_code> status_end, loss_end;
        client.async_next_status(
            present,
            called_once_on(status,
                           io.get_executor(),
                           asio::bind_cancellation_slot(
                               cancel_status.slot(),
                               [&](error_code ec, const session_status&) { status_end = ec; })));
        held.async_wait_lost(
            called_once_on(loss,
                           io.get_executor(),
                           asio::bind_cancellation_slot(cancel_loss.slot(),
                                                        [&](error_code ec) { loss_end = ec; })));
        cancel_status.emit(type);
        cancel_loss.emit(type);
        wait_until([&] {
            io.restart();
            io.poll();
            return status_end && loss_end;
        });
        CHECK(status_end == asio::error::operation_aborted);
        CHECK(loss_end == asio::error::operation_aborted);
    }
    CHECK(held.held());
}

TEST_CASE("handlers run on their own executor, and never inside the call", "[integration][session]")
{
    asio::thread_pool own(1);
    asio::thread_pool of_session(1);
    session client{of_session.get_executor(), config_for(server().text())};
    keyed_mutex locks{client, random_root()};
    const auto executor = GENERATE(true, false) ? own.get_executor() : of_session.get_executor();
    call_check granted, verified, lost, released, status, closed;
    hold holding;

    locks.async_lock("42", called_once_on(granted, executor, [&](error_code, hold got) {
                         holding = std::move(got);
                     }));
    granted.wait();
    holding.async_verify(called_once_on(verified, executor, [](error_code) {}));
    holding.async_wait_lost(called_once_on(lost, executor, [](error_code) {}));
    client.async_next_status(
        {}, called_once_on(status, executor, [](error_code, const session_status&) {}));
    verified.wait();
    holding.async_release(called_once_on(released, executor, [](error_code) {}));
    client.async_close(called_once_on(closed, executor, [](error_code) {}));

    lost.wait();
    status.wait();
    released.wait();
    closed.wait();
}

TEST_CASE("a handler without an executor runs on that of its session", "[integration][session]")
{
    asio::io_context io;
    auto keep_running = asio::make_work_guard(io);
    std::thread runner([&] { io.run(); });
    {
        session client{io.get_executor(), config_for(server().text())};
        keyed_mutex locks{client, random_root()};
        call_check granted, status;
        std::thread::id granted_on, status_on;

        locks.async_lock("42", called_once(granted, [&](error_code, const hold&) {
                             granted_on = std::this_thread::get_id();
                         }));
        client.async_next_status({}, called_once(status, [&](error_code, const session_status&) {
                                     status_on = std::this_thread::get_id();
                                 }));
        granted.wait();
        status.wait();

        CHECK(granted_on == runner.get_id());
        CHECK(status_on == runner.get_id());
    }
    keep_running.reset();
    runner.join();
}

TEST_CASE("all sessions of a process share one thread", "[integration][session]")
{
    asio::io_context io;
    const session first{io.get_executor(), config_for(server().text())};
    connect(first);
    const auto before = threads_of_this_process();

    std::vector<session> others;
    for (int i = 0; i < 10; ++i)
        others.emplace_back(io.get_executor(), config_for(server().text()));
    for (const auto& other : others)
        connect(other);

    CHECK(threads_of_this_process() == before);
}

TEST_CASE("a free lock costs two writes and one read", "[integration][session]")
{
    session client{config_for(server().text())};
    keyed_mutex locks{client, random_root()};
    locks.lock("42").async_release(asio::use_future).get(); // makes the parents

    const auto before = client.usage();
    locks.lock("42").async_release(asio::use_future).get();
    const auto after = client.usage();

    const auto writes = [](const session_usage& usage) { return usage.writes - usage.evidence; };
    const auto reads = [](const session_usage& usage) {
        return usage.requests - usage.writes - usage.heartbeats;
    };
    CHECK(writes(after) - writes(before) == 2);
    CHECK(reads(after) - reads(before) == 1);
    CHECK(after.grants == 2);
    CHECK(after.reaped == 2);
    CHECK(after.holds + after.contenders + after.watches + after.queued == 0);
    CHECK(after.in_doubt + after.holds_lost + after.watch_events == 0);
}
