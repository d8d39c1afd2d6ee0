// What remains of a lock attempt when answers are lost, connections cut and processes killed.

#include "test/support/child_process.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/session_expiry.hpp"
#include "test/support/tcp_proxy.hpp"
#include "test/support/temp_folder.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <stop_token>
#include <string>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A child that holds one lock; see test/support/holder.cpp.
class holder_process {
public:
    holder_process(const std::string& hosts,
                   const std::string& root,
                   std::chrono::milliseconds timeout)
        : log_(folder_.path() / "holder.log"), process_(options(hosts, root, timeout))
    {
        wait_for("held ");
    }

    void wait_for(const std::string& text)
    {
        wait_until([&] { return output().find(text) != std::string::npos; });
    }
    std::string output() const
    {
        std::ifstream file(log_);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    child_process& process() { return process_; }

private:
    child_options options(const std::string& hosts,
                          const std::string& root,
                          std::chrono::milliseconds timeout) const
    {
        child_options wanted;
        wanted.argv = {PADDOCK_HOLDER, hosts, root, "42", std::to_string(timeout.count())};
        wanted.log = log_;
        return wanted;
    }

    temp_folder folder_;
    std::filesystem::path log_;
    child_process process_;
};

/// One whole life of a contended lock, with everything a single cut can hit on the way.
///
/// `client` is the one behind the proxy; `other` holds the key first, and takes it at the end to
/// see that no ghost blocks it and that nobody else believes in it.
struct story {
    story(tcp_proxy& relay_, std::chrono::milliseconds timeout)
        : relay(relay_), other(config_for(shared_server().connect_string())),
          client(config_for(relay.connect_string(), timeout)), others(other, root),
          locks(client, root)
    {
        connect(other);
        connect(client);
    }

    /// Takes a key that is new, parents and all; then one behind `other`, which releases once the
    /// attempt waits or has failed.
    void run()
    {
        try {
            locks.lock("new").async_release(asio::use_future).get();
        } catch (const system_error& failure) {
            outcome = failure.code();
        }
        contend();
    }

    void contend()
    {
        auto first = others.lock("42");
        auto attempt = locks.async_lock("42", asio::use_future);
        auto contenders = [&] { return contenders_below(server(), root).size(); };
        wait_until([&] {
            return (contenders() == 2 && client.usage().watches == 1) ||
                   attempt.wait_for(0s) == std::future_status::ready;
        });
        first.release();
        try {
            auto granted = attempt.get();
            const bool believed = granted.held();
            const auto barging = others.try_lock("42");
            if (believed && granted.held() && barging)
                ++double_holders;
            granted.release();
        } catch (const system_error& failure) {
            outcome = failure.code();
        }
    }

    /// Everything is gone, and the key is free for somebody else.
    void check_nothing_left()
    {
        const auto last = others.try_lock_for("42", 20s);
        CHECK(last.has_value());
        CHECK(double_holders == 0);
        wait_until([&] { return contenders_below(server(), root).size() == 1; });
        wait_until_clean(client);
    }

    std::string root = random_root();
    tcp_proxy& relay;
    session other;
    session client;
    keyed_mutex others;
    keyed_mutex locks;
    int double_holders = 0;
    error_code outcome;
};

} // namespace

TEST_CASE("a request or reply lost at each step leaves neither ghost nor double holder when the "
          "session is resumed",
          "[integration][fault]")
{
    const bool reply_lost = GENERATE(true, false);
    // Creates of contender and parents, lists, watch, list on waking, deletes: every request of the
    // story is the lost one once.
    for (std::size_t step = 1;; ++step) {
        CAPTURE(step, reply_lost);
        tcp_proxy relay(server());
        story told(relay, 10s);
        if (reply_lost)
            relay.cut_after_request({.nth = step});
        else
            relay.cut_before_request({.nth = step});

        told.run();
        const bool cut = relay.counters().cuts != 0;
        relay.pass();

        CHECK(told.outcome == error_code());
        told.check_nothing_left();
        CHECK(told.client.usage().epochs == 1);
        if (!cut) {
            CHECK(step > 10);
            break;
        }
    }
}

TEST_CASE("a request or reply lost at each step leaves neither ghost nor double holder when the "
          "session expires",
          "[integration][fault]")
{
    const bool reply_lost = GENERATE(true, false);
    for (std::size_t step = 1;; ++step) {
        CAPTURE(step, reply_lost);
        tcp_proxy relay(server());
        story told(relay, 10s);
        const auto id = told.client.status().session_id;
        const cut_point at{.nth = step, .hold_off_until_released = true};
        if (reply_lost)
            relay.cut_after_request(at);
        else
            relay.cut_before_request(at);
        std::atomic<bool> finished{false};
        auto expiry = std::async(std::launch::async, [&] {
            wait_until([&] { return relay.counters().cuts != 0 || finished; });
            if (finished)
                return false;
            expire_session(server(), id);
            relay.allow();
            return true;
        });

        told.run();
        wait_until_clean(told.client);
        finished = true;
        const bool expired = expiry.get();
        relay.pass();

        if (expired) {
            wait_until([&] { return told.client.status().epoch == 2; });
            CHECK((!told.outcome || told.outcome == errc::session_lost));
        }
        told.check_nothing_left();
        if (!expired) {
            CHECK(step > 10);
            break;
        }
    }
}

TEST_CASE("a connection cut at chosen bytes leaves neither ghost nor double holder",
          "[integration][fault]")
{
    const auto way = GENERATE(direction::to_server, direction::to_client);
    for (std::size_t bytes = 1; bytes < 2'000; bytes += 67) {
        CAPTURE(bytes, static_cast<int>(way));
        tcp_proxy relay(server());
        story told(relay, 10s);
        relay.cut_at_byte(way, bytes);

        told.run();
        relay.pass();

        CHECK(told.outcome == error_code());
        told.check_nothing_left();
    }
}

TEST_CASE("SIGKILL of the holder frees the lock within the session time-out plus two ticks",
          "[integration][fault]")
{
    const auto timeout = 2s;
    const auto two_ticks = 2 * shared_server().config().tick;
    const auto root = random_root();
    session client{config_for(shared_server().connect_string())};
    keyed_mutex locks{client, root};
    holder_process holder(shared_server().connect_string(), root, timeout);
    REQUIRE_FALSE(locks.try_lock("42").has_value());

    holder.process().kill();
    const auto killed = boot_clock::now();
    const auto granted = locks.try_lock_for("42", 20s);

    REQUIRE(granted.has_value());
    CHECK(boot_clock::now() - killed <= timeout + two_ticks);
}

TEST_CASE("a SIGSTOPped holder finds held() false at its first look", "[integration][fault]")
{
    const auto root = random_root();
    session client{config_for(shared_server().connect_string())};
    keyed_mutex locks{client, root};
    holder_process holder(shared_server().connect_string(), root, 2s);

    holder.process().pause();
    const auto granted = locks.try_lock_for("42", 20s);
    REQUIRE(granted.has_value());
    holder.process().resume();
    holder.wait_for("first look");

    CHECK(holder.output().find("first look: lost") != std::string::npos);
    CHECK(granted->held());
}

TEST_CASE("lost() fires before another session can be granted the lock", "[integration][fault]")
{
    const auto root = random_root();
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string(), 4s)};
    session other{config_for(shared_server().connect_string())};
    keyed_mutex locks{client, root};
    keyed_mutex others{other, root};
    const auto granted = locks.lock("42");
    std::atomic<boot_clock::rep> lost_at{0};
    const std::stop_callback told(granted.lost(),
                                  [&] { lost_at = boot_clock::now().time_since_epoch().count(); });
    auto waiting = others.async_lock("42", asio::use_future);
    wait_until([&] { return other.usage().watches == 1; });

    relay.freeze(true); // no FIN: the holder has to find out by itself
    const auto next = waiting.get();
    const auto granted_at = boot_clock::now().time_since_epoch().count();

    CHECK_FALSE(granted.held());
    REQUIRE(lost_at != 0);
    CHECK(granted_at - lost_at > std::chrono::nanoseconds(4s).count() / 8);
    relay.pass();
    wait_until([&] { return contenders_below(server(), root).size() == 1; });
    CHECK(next.held());
}

TEST_CASE("try_lock_for returns in its time from a frozen server", "[integration][fault]")
{
    const auto root = random_root();
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string())};
    keyed_mutex locks{client, root};
    connect(client);
    relay.freeze(true);

    const auto before = boot_clock::now();
    const auto late = locks.try_lock_for("42", 300ms);
    const auto took = boot_clock::now() - before;

    CHECK_FALSE(late.has_value());
    CHECK(took >= 300ms);
    CHECK(took < 3s); // far below any time-out of the session: it does not wait for the network
    relay.pass();
    wait_until_clean(client);
    wait_until([&] { return contenders_below(server(), root).empty(); });
}

TEST_CASE("a hold survives a lost connection that comes back in time", "[integration][fault]")
{
    const auto root = random_root();
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string())};
    keyed_mutex locks{client, root};
    const auto granted = locks.lock("42");

    for (int cut = 0; cut < 5; ++cut) {
        const auto before = client.usage();
        relay.cut_now();
        wait_until([&] {
            const auto now = client.usage();
            return now.connects > before.connects && now.evidence > before.evidence &&
                   client.state() == session_state::connected;
        });
    }

    CHECK(granted.held());
    CHECK(client.usage().holds_lost == 0);
    CHECK_NOTHROW(granted.verify());
}

TEST_CASE("a release during an outage is carried out when the connection is back",
          "[integration][fault]")
{
    const auto root = random_root();
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string())};
    keyed_mutex locks{client, root};
    auto granted = locks.lock("42");
    relay.refuse(true);
    relay.cut_now();
    wait_until([&] { return client.state() == session_state::suspended; });

    CHECK(granted.release());
    auto again = locks.async_lock("42", asio::use_future); // behind its own leftover, if it stayed
    relay.allow();

    CHECK(again.get().held());
    wait_until_clean(client);
    wait_until([&] { return contenders_below(server(), root).empty(); });
    CHECK(client.usage().epochs == 1);
}
