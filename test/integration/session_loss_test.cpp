// A session that loses its connection, its server or itself.

#include "test/support/ensemble.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/session_expiry.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <string>
#include <utility>
#include <vector>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using strings = std::vector<std::string>;

/// The states that a session goes through from now on.
class state_log {
public:
    explicit state_log(const session& client) : log_(std::make_shared<shared>())
    {
        log_->client = &client;
        ask(log_, {});
    }
    ~state_log()
    {
        const std::lock_guard lock(log_->mutex);
        log_->client = nullptr;
    }
    state_log(const state_log&) = delete;
    state_log& operator=(const state_log&) = delete;

    strings states() const
    {
        const std::lock_guard lock(log_->mutex);
        return log_->states;
    }
    bool ends_with(session_state state) const
    {
        const auto all = states();
        return !all.empty() && all.back() == to_string(state);
    }

private:
    struct shared {
        std::mutex mutex;
        const session* client = nullptr;
        strings states;
    };

    static void ask(const std::shared_ptr<shared>& log, const session_status& seen)
    {
        log->client->async_next_status(seen, [log](error_code ec, const session_status& status) {
            const std::lock_guard lock(log->mutex);
            if (ec || log->client == nullptr)
                return;
            const auto state = std::string(to_string(status.state));
            if (log->states.empty() || log->states.back() != state)
                log->states.push_back(state);
            ask(log, status);
        });
    }

    std::shared_ptr<shared> log_;
};

/// Stops the I/O thread inside the log, at the next line that holds `at`.
class stalling_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit stalling_sink(std::string at) : at_(std::move(at)) {}

    bool stalled() const { return stalled_; }
    void go_on() { released_.set_value(); }
    bool has_seen_suspended() const { return suspended_; }

private:
    void sink_it_(const spdlog::details::log_msg& line) override
    {
        const std::string text(line.payload.data(), line.payload.size());
        if (text.find("suspended") != std::string::npos)
            suspended_ = true;
        if (text.find(at_) == std::string::npos || stalled_.exchange(true))
            return;
        released_.get_future().wait();
    }
    void flush_() override {}

    const std::string at_;
    std::atomic<bool> stalled_{false};
    std::atomic<bool> suspended_{false};
    std::promise<void> released_;
};

/// A future of the error code alone, as in session_close_test.cpp.
auto error_of()
{
    return asio::use_future([](error_code ec, const auto&...) { return ec; });
}

} // namespace

TEST_CASE("a connection that comes back in time keeps the session and its holds",
          "[integration][session]")
{
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string())};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");
    const auto before = client.status();
    const state_log log(client);
    wait_until([&] { return log.ends_with(session_state::connected); });

    relay.refuse(true);
    relay.cut_now();
    wait_until([&] { return log.ends_with(session_state::suspended); });
    const auto meanwhile = client.status();
    CHECK(held.held());
    relay.allow();
    wait_until([&] { return log.ends_with(session_state::connected); });

    CHECK(meanwhile.reason == errc::unreachable);
    CHECK_FALSE(meanwhile.explanation.empty());
    CHECK(log.states() == strings{"connected", "suspended", "connected"});
    CHECK(client.status().session_id == before.session_id);
    CHECK(client.epoch() == before.epoch);
    CHECK(held.held());
    CHECK_FALSE(held.lost().stop_requested());
    CHECK_NOTHROW(held.verify());
}

TEST_CASE("one_server_lost: the session moves to another server and keeps its holds",
          "[integration][session]")
{
    auto& servers = shared_ensemble();
    tcp_proxy first(servers[0].client_endpoint());
    tcp_proxy second(servers[1].client_endpoint());
    second.refuse(true); // so that it is known which server it takes
    session client{config_for(first.connect_string() + "," + second.connect_string())};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");
    const auto before = client.status();
    REQUIRE(first.open_connections() == 1);

    second.allow();
    first.refuse(true);
    first.cut_now();
    wait_until([&] { return client.usage().connects == 2; });
    connect(client);

    CHECK(second.open_connections() == 1);
    CHECK(client.status().session_id == before.session_id);
    CHECK(client.epoch() == 1);
    CHECK(held.held());
    CHECK_NOTHROW(held.verify());
    CHECK(client.usage().holds_lost == 0);
}

TEST_CASE("an expired session is lost, and renewed under a new epoch", "[integration][session]")
{
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string())};
    keyed_mutex locks{client, random_root()};
    auto held = locks.lock("42");
    auto waiting = locks.async_lock("42", error_of());
    auto lost = held.async_wait_lost(error_of());
    wait_until([&] { return client.usage().local_waits == 1; });
    const auto before = client.status();
    const state_log log(client);
    wait_until([&] { return log.ends_with(session_state::connected); });

    relay.delay(100ms); // so that each state lasts long enough to be seen
    expire_session(server(), before.session_id);
    wait_until([&] { return client.epoch() == 2 && log.ends_with(session_state::connected); });
    relay.pass();

    CHECK(log.states() == strings{"connected", "suspended", "lost", "connected"});
    CHECK(client.status().session_id != before.session_id);
    CHECK_FALSE(held.held());
    CHECK_FALSE(held.release());
    CHECK(lost.get() == errc::hold_lost);
    wait_until([&] { return held.lost().stop_requested(); });
    CHECK(waiting.get() == errc::session_lost);
    CHECK(client.usage().holds_lost == 1);
    CHECK(client.usage().epochs == 2);

    const auto again = locks.lock("42");
    CHECK(again.held());
    CHECK(again.token() > held.token());
}

TEST_CASE("a session that expires again and again is renewed each time", "[integration][session]")
{
    session client{config_for(server().text())};
    keyed_mutex locks{client, random_root()};

    for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
        connect(client);
        const auto held = locks.lock("42");
        REQUIRE(client.epoch() == epoch);
        expire_session(server(), client.status().session_id);
        wait_until([&] { return client.epoch() == epoch + 1; });
        CHECK_FALSE(held.held());
    }
}

// Curator's testSessionExpirationFromTimeout, and WithRestart: LOST comes with the server down.
TEST_CASE("a server that is down past the time-out costs the session, once, until it is back",
          "[integration][session]")
{
    server_process own;
    own.start();
    session client{config_for(own.connect_string(), 2s)};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");
    const state_log log(client);
    wait_until([&] { return log.ends_with(session_state::connected); });

    own.stop();
    wait_until([&] { return log.ends_with(session_state::lost); });
    CHECK_FALSE(held.held());
    CHECK(client.status().reason == errc::session_lost);
    CHECK_FALSE(client.status().explanation.empty());
    CHECK(client.status().session_id == 0);
    CHECK_FALSE(locks.try_lock_for("42", 100ms).has_value());
    CHECK(client.state() == session_state::lost); // until a new session stands
    own.start();
    wait_until([&] { return log.ends_with(session_state::connected); });

    CHECK(log.states() == strings{"connected", "suspended", "lost", "connected"});
    CHECK(client.epoch() == 2);
    CHECK(locks.lock("42").held());
}

TEST_CASE("a server that freezes past the time-out costs the hold before its own end",
          "[integration][session]")
{
    server_process own;
    own.start();
    session client{config_for(own.connect_string(), 2s)};
    keyed_mutex locks{client, random_root()};
    const auto held = locks.lock("42");

    own.pause(); // nobody is told of anything
    const auto frozen = boot_clock::now();
    wait_until([&] { return held.lost().stop_requested(); });
    CHECK(boot_clock::now() - frozen < 2s);
    CHECK_FALSE(held.held());
    wait_until([&] { return client.state() == session_state::lost; });
    own.resume();

    connect(client);
    CHECK(locks.lock("42").held());
}

TEST_CASE("a stalled I/O thread costs the holds, and the session is connected again at once",
          "[integration][session]")
{
    auto sink = std::make_shared<stalling_sink>("max_hold");
    session client{config_for(server().text(), 4s)};
    keyed_mutex locks{client, random_root()};
    keyed_mutex short_locks{client, random_root(), {.max_hold = 100ms}};
    const auto held = locks.lock("42");
    const auto id = client.status().session_id;
    auto logger = std::make_shared<spdlog::logger>("test", sink);
    set_logger(logger);

    const auto cut_short = short_locks.lock("42"); // its loss is logged, which stalls
    wait_until([&] { return sink->stalled(); });
    wait_until([&] { return !held.held(); });
    sink->go_on();
    wait_until([&] { return sink->has_seen_suspended(); });
    wait_until([&] { return client.state() == session_state::connected; });
    set_logger(nullptr);

    CHECK(client.status().session_id == id); // silent for half its time-out only
    wait_until([&] { return held.lost().stop_requested(); });
    CHECK_FALSE(held.held()); // once lost, for ever
    CHECK(locks.lock("42").held());
}
