// The end of a session, by its owner's will; and blocking calls in places where they might hang.

#include "test/support/called_once.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A future of the error code alone, for what may fail: an exception that leaves its thread looks
/// to ThreadSanitizer like a race, because its last reference is given back inside the standard
/// library, which is not instrumented.
auto error_of()
{
    return asio::use_future([](error_code ec, const auto&...) { return ec; });
}

/// Closes within a call that cannot wait for a network: a generous bound for a busy machine.
void close_quickly(session& client)
{
    const auto started = boot_clock::now();
    client.close();
    CHECK(boot_clock::now() - started < 500ms);
}

} // namespace

TEST_CASE("a closed session leaves nothing at the server, at once", "[integration][session]")
{
    const auto root = random_root();
    session client{config_for(server().text())};
    keyed_mutex locks{client, root};
    const auto held = locks.lock("42");
    auto waiting = locks.async_lock("42", error_of());
    wait_until([&] { return client.usage().local_waits == 1; });
    const auto id = client.status().session_id;

    client.async_close(asio::use_future).get();

    CHECK(contenders_below(server(), root).empty());
    CHECK_FALSE(session_ids(server()).contains(id));
    CHECK_FALSE(held.held());
    wait_until([&] { return held.lost().stop_requested(); });
    CHECK(waiting.get() == errc::session_closed);
}

TEST_CASE("after its end a session says so to everybody", "[integration][session]")
{
    session client{config_for(server().text())};
    keyed_mutex locks{client, random_root()};
    auto held = locks.lock("42");
    const auto epoch = client.epoch();

    client.async_close(asio::use_future).get();

    const auto end = client.status();
    CHECK(end.state == session_state::closed);
    CHECK(end.reason == errc::session_closed);
    CHECK(end.epoch == epoch);
    CHECK(end.session_id == 0);
    auto next_status = client.async_next_status(end, error_of());
    CHECK(next_status.get() == errc::session_closed);
    auto attempt = locks.async_lock("42", error_of());
    CHECK(attempt.get() == errc::session_closed);
    error_code ec;
    CHECK_FALSE(locks.try_lock_for("42", 1s, ec).has_value());
    CHECK(ec == errc::session_closed);
    held.verify(ec);
    CHECK(ec == errc::hold_lost);
    CHECK_FALSE(held.release());
    CHECK_FALSE(client.wait_connected(wait_limit));
    CHECK_NOTHROW(client.set_hosts(server().text()));
    CHECK_NOTHROW(client.async_close(asio::use_future).get()); // again
    CHECK(client.usage().holds + client.usage().contenders + client.usage().watches == 0);
}

TEST_CASE("closing returns at once also when the server is frozen", "[integration][session]")
{
    server_process own;
    own.start();
    session client{config_for(own.connect_string())};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");
    auto waiting = locks.async_lock("42", error_of());
    wait_until([&] { return client.usage().local_waits == 1; });
    auto lost = held.async_wait_lost(error_of());
    own.pause();

    close_quickly(client);
    auto closed = client.async_close(error_of());

    CHECK(waiting.get() == errc::session_closed);
    CHECK(lost.get() == errc::hold_lost);
    wait_until([&] { return held.lost().stop_requested(); });
    CHECK_FALSE(held.held());
    CHECK(closed.get() == errc::in_doubt); // nobody could be told
}

TEST_CASE("closing a session that never connected returns at once", "[integration][session]")
{
    const server_process not_started;
    session client{config_for(not_started.connect_string())};
    keyed_mutex locks{client, random_root()};
    auto waiting = locks.async_lock("42", error_of());

    close_quickly(client);

    CHECK(waiting.get() == errc::session_closed);
    CHECK(client.async_close(error_of()).wait_for(wait_limit) == std::future_status::ready);
}

TEST_CASE("closing goes on when the wait for it is cancelled", "[integration][session]")
{
    server_process own;
    own.start();
    session client{config_for(own.connect_string())};
    connect(client);
    own.pause();
    asio::io_context io;
    asio::cancellation_signal cancel;
    call_check check;
    std::optional<error_code> end;

    client.async_close(called_once_on(
        check, io.get_executor(), asio::bind_cancellation_slot(cancel.slot(), [&](error_code ec) {
            end = ec;
        })));
    cancel.emit(asio::cancellation_type::terminal);
    io.run();

    CHECK(end == asio::error::operation_aborted);
    CHECK(client.async_close(error_of()).wait_for(wait_limit) == std::future_status::ready);
}

TEST_CASE("a destroyed session completes every outstanding handler once", "[integration][session]")
{
    constexpr int waiters = 50;
    std::list<call_check> checks; // each reports its own faults
    std::atomic<int> not_closed{0};
    auto in_all = [&](auto start) {
        checks.emplace_back();
        start(checks.back());
    };
    std::optional<session> client(config_for(server().text()));
    keyed_mutex locks{*client, random_root()};
    auto held = locks.lock("42");
    auto released = locks.lock("43");
    const auto present = client->status();

    for (int i = 0; i < waiters; ++i) {
        in_all([&](const call_check& check) {
            locks.async_lock("42", called_once(check, [&](error_code ec, const hold&) {
                                 not_closed += ec != errc::session_closed;
                             }));
        });
        in_all([&](const call_check& check) {
            locks.async_try_lock_for(
                "42", 1h, called_once(check, [&](error_code ec, const std::optional<hold>&) {
                    not_closed += ec != errc::session_closed;
                }));
        });
        in_all([&](const call_check& check) {
            held.async_wait_lost(
                called_once(check, [&](error_code ec) { not_closed += ec != errc::hold_lost; }));
        });
        in_all([&](const call_check& check) {
            held.async_verify(called_once(check, [](error_code) {}));
        });
        in_all([&](const call_check& check) {
            client->async_next_status(present,
                                      called_once(check, [](error_code, const session_status&) {}));
        });
    }
    in_all([&](const call_check& check) {
        released.async_release(called_once(check, [](error_code) {}));
    });
    client.reset();

    for (auto& check : checks)
        check.wait();
    CHECK(not_closed == 0);
}

TEST_CASE("assigning to a session closes the one before", "[integration][session]")
{
    session client{config_for(server().text())};
    keyed_mutex old_locks{client, random_root()};
    auto held = old_locks.lock("42");

    client = session{config_for(server().text())};

    wait_until([&] { return !held.held(); });
    error_code ec;
    static_cast<void>(old_locks.lock("42", ec));
    CHECK(ec == errc::session_closed);
    CHECK(client.wait_connected(wait_limit));
}

TEST_CASE("a stop callback may make blocking calls", "[integration][session]")
{
    session client{config_for(server().text())};
    keyed_mutex locks{client, random_root(), {.max_hold = 200ms}};
    std::promise<token> again;
    const auto held = locks.lock("42");

    const std::stop_callback on_lost(held.lost(), [&] {
        REQUIRE(client.wait_connected(wait_limit));
        again.set_value(locks.lock("42").token());
    });

    auto next = again.get_future();
    REQUIRE(next.wait_for(wait_limit) == std::future_status::ready);
    CHECK(next.get() > held.token());
}

TEST_CASE("a handler on the session's own executor may make blocking calls",
          "[integration][session]")
{
    asio::thread_pool one_thread(1);
    session client{one_thread.get_executor(), config_for(server().text())};
    keyed_mutex locks{client, random_root()};
    std::promise<bool> both;

    locks.async_lock("42", [&](error_code, const hold& first) {
        const auto second = locks.lock("43"); // on the only thread of the executor
        second.verify();
        both.set_value(first.held() && second.held());
    });

    auto done = both.get_future();
    REQUIRE(done.wait_for(wait_limit) == std::future_status::ready);
    CHECK(done.get());
}
