// What keeps a session from connecting, or its locks from being made, and how that is told.

#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

bool holds_text(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

error_code lock_error(keyed_mutex& locks, std::string_view key = "42")
{
    error_code ec;
    static_cast<void>(locks.lock(key, ec));
    return ec;
}

session_config with_credentials(const std::string& credentials)
{
    auto config = config_for(server().text());
    config.auth = {{"digest", credentials}};
    config.acl = acl_policy::creator_all;
    return config;
}

void wait_until_closed(const session& client, source_line where = source_line::current())
{
    wait_until([&] { return client.state() == session_state::closed; }, wait_limit, where);
}

// 64 letters in one label: no name server has to be asked to know that there is no such host.
const std::string no_host = std::string(64, 'x') + ".invalid";

} // namespace

TEST_CASE("a session time-out that the server clamps is told with both figures",
          "[integration][session]")
{
    const auto [asked, granted] =
        GENERATE(std::pair(60'000ms, 10'000ms), std::pair(1'000ms, 3'000ms));
    server_process strict({.session_timeout_min = 3'000ms, .config_lines = {}});
    const bool clamped_up = asked < granted;
    if (clamped_up)
        strict.start();
    tcp_proxy relay(clamped_up ? strict.client_endpoint() : server());
    const session client{config_for(relay.connect_string(), asked)};

    connect(client);

    const auto is_told = [&, asked = asked, granted = granted] {
        const auto text = client.status().explanation;
        return holds_text(text, std::to_string(asked.count()) + " ms") &&
               holds_text(text, std::to_string(granted.count()) + " ms");
    };
    CHECK(client.negotiated_timeout() == granted);
    CHECK(is_told());
    relay.cut_now();
    wait_until([&] { return client.usage().connects == 2; });
    connect(client);
    CHECK(is_told()); // still
}

TEST_CASE("a session that requires its time-out closes when the server clamps it",
          "[integration][session]")
{
    auto config = config_for(server().text(), 60s);
    config.require_session_timeout = true;
    session client{config};
    keyed_mutex locks{client, random_root()};

    CHECK_FALSE(client.wait_connected(wait_limit));

    const auto end = client.status();
    CHECK(end.state == session_state::closed);
    CHECK(end.reason == errc::timeout_not_granted);
    CHECK(holds_text(end.explanation, "60000 ms"));
    CHECK(holds_text(end.explanation, "10000 ms"));
    CHECK(lock_error(locks) == errc::timeout_not_granted);
}

TEST_CASE("a required time-out that is granted keeps the session open", "[integration][session]")
{
    auto config = config_for(server().text(), 5s);
    config.require_session_timeout = true;
    const session client{config};

    CHECK(client.wait_connected(wait_limit));
}

TEST_CASE("without a server a lock fails within connect_timeout, and works once there is one",
          "[integration][session]")
{
    server_process late;
    auto config = config_for(late.connect_string());
    config.connect_timeout = 400ms;
    session client{config};
    keyed_mutex locks{client, random_root()};

    auto started = boot_clock::now();
    CHECK(lock_error(locks) == errc::unreachable);
    CHECK(boot_clock::now() - started >= 400ms);
    CHECK(boot_clock::now() - started < 4s); // a busy machine, not another limit

    started = boot_clock::now();
    error_code ec;
    CHECK_FALSE(locks.try_lock_for("42", 100ms, ec).has_value());
    CHECK_FALSE(ec);
    CHECK(boot_clock::now() - started < 400ms);
    CHECK_FALSE(locks.try_lock("42", ec).has_value());
    CHECK(ec == errc::unreachable);

    late.start();
    connect(client);
    CHECK(locks.lock("42").held());
}

TEST_CASE("a bad host list is refused with its fault", "[integration][session]")
{
    const auto [hosts, fault] = GENERATE(table<std::string, std::string>({
        {"", "a host is missing"},
        {"zk1:2181,,zk2:2181", "a host is missing"},
        {"zk1:0", "port"},
        {"zk1:65536", "port"},
        {"zk1:0x885", "port"},
        {"::1:2181", "brackets"},
        {"[::1:2181", "bracket is not closed"},
        {"zk1:2181//app", "empty part"},
        {"zk1:2181/app/", "empty part"},
        {"zk1:2181/app/../x", ".."},
    }));

    try {
        const session client{config_for(hosts)};
        FAIL("accepted: " << hosts);
    } catch (const std::invalid_argument& error) {
        CAPTURE(error.what());
        CHECK(holds_text(error.what(), "hosts"));
        CHECK(holds_text(error.what(), fault));
    }
}

TEST_CASE("host names without an address are told, and replaced in place", "[integration][session]")
{
    auto config = config_for(no_host + ":2181");
    config.connect_timeout = 300ms;
    session client{config};
    keyed_mutex locks{client, random_root()};

    CHECK(lock_error(locks) == errc::bad_host_list);
    const auto status = client.status();
    CHECK(status.state == session_state::connecting);
    CHECK(status.epoch == 0);
    CHECK(status.reason == errc::bad_host_list);
    CHECK(holds_text(status.explanation, no_host));

    const server_process not_started;
    client.set_hosts(not_started.connect_string());
    wait_until([&] { return lock_error(locks) == errc::unreachable; });
    client.set_hosts(server().text());
    connect(client);
    CHECK(locks.lock("42").held());
    CHECK(client.status().explanation.empty());
}

TEST_CASE("a host without an address does not keep a session from the others",
          "[integration][session]")
{
    const session client{config_for(no_host + ":2181," + server().text())};

    CHECK(client.wait_connected(wait_limit));
}

TEST_CASE("refused credentials close the session, and locks say why", "[integration][session]")
{
    auto config = config_for(server().text());
    config.auth = {{"no-such-scheme", "secret"}};
    session client{config};
    keyed_mutex locks{client, random_root()};

    wait_until_closed(client);

    const auto end = client.status();
    CHECK(end.reason == errc::auth_refused);
    CHECK(holds_text(end.explanation, "no-such-scheme"));
    CHECK_FALSE(holds_text(end.explanation, "secret"));
    CHECK(lock_error(locks) == errc::auth_refused);
    error_code ec;
    CHECK_FALSE(locks.try_lock("42", ec).has_value());
    CHECK(ec == errc::auth_refused);
    CHECK_FALSE(client.wait_connected(wait_limit));
}

TEST_CASE("locks made by creator_all are for sessions with the same credentials only",
          "[integration][session]")
{
    const auto root = random_root();
    session owner{with_credentials("alice:1")};
    session colleague{with_credentials("alice:1")};
    session other_user{with_credentials("bob:2")};
    session stranger{config_for(server().text())};
    keyed_mutex owners{owner, root};
    keyed_mutex colleagues{colleague, root};
    keyed_mutex others{other_user, root};
    keyed_mutex strangers{stranger, root};

    auto held = owners.lock("42");
    CHECK(lock_error(strangers) == errc::not_authorized);
    CHECK(lock_error(others) == errc::not_authorized);
    auto waiting = colleagues.async_lock("42", asio::use_future);
    wait_until([&] { return colleague.usage().watches == 1; });
    CHECK(held.release());

    CHECK(waiting.get().held());
    CHECK(contenders_below(server(), root).size() <= 1);
    CHECK(stranger.state() == session_state::connected); // one key refused is not the end
    wait_until_clean(stranger);
}

TEST_CASE("a root that may not be made is told", "[integration][session]")
{
    const auto root = random_root();
    session owner{with_credentials("alice:1")};
    keyed_mutex owners{owner, root};
    const auto held = owners.lock("42"); // now the root is there, and the owner's
    session stranger{config_for(server().text())};
    keyed_mutex same_root{stranger, root};
    keyed_mutex below{stranger, root + "/a/b"};

    CHECK(lock_error(same_root, "other key") == errc::root_not_creatable);
    CHECK(lock_error(below) == errc::root_not_creatable);
    CHECK(held.held());
}

TEST_CASE("a session gives up after the time it was given", "[integration][session]")
{
    const bool was_connected = GENERATE(false, true);
    server_process own;
    auto config = config_for(own.connect_string(), 1s);
    config.give_up_after = was_connected ? 1'500ms : 300ms;
    if (was_connected)
        own.start();
    session client{config};
    keyed_mutex locks{client, random_root()};
    hold held;
    if (was_connected)
        held = locks.lock("42");

    own.stop();
    wait_until_closed(client);

    const auto end = client.status();
    CHECK(end.reason == errc::ensemble_lost);
    CHECK(holds_text(end.explanation, std::to_string(config.give_up_after.count()) + " ms"));
    CHECK(lock_error(locks) == errc::ensemble_lost);
    CHECK_FALSE(held.held());
    CHECK(client.epoch() == (was_connected ? 1 : 0));
}

TEST_CASE("give_up_after counts from the loss of the connection, not from its beginning",
          "[integration][session]")
{
    tcp_proxy relay(server());
    auto config = config_for(relay.connect_string(), 1s);
    config.give_up_after = 3s;
    session client{config};
    keyed_mutex locks{client, random_root()};
    // Sixteen heartbeats in a time-out: connected for longer than give_up_after.
    wait_until([&] { return client.usage().heartbeats >= 70; });

    relay.refuse(true);
    relay.cut_now();
    error_code ec;
    CHECK_FALSE(locks.try_lock_for("42", 300ms, ec).has_value());
    CHECK_FALSE(ec);
    relay.allow();

    CHECK(client.wait_connected(wait_limit));
    CHECK(locks.lock("42").held());
}
