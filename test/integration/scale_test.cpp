// Many keys, many waiters, one process. Nothing here is timed: what grows faster than the number of
// keys would not come to an end, and what is counted shows the rest.

#include "test/support/adapter_client.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;

namespace {

// Far above what a hundred thousand requests take on a busy machine.
constexpr std::chrono::milliseconds long_limit = 5min;

// A sanitizer makes it ten times slower, and looks for other things.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t part = 20;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t part = 20;
#else
constexpr std::size_t part = 1;
#endif
#else
constexpr std::size_t part = 1;
#endif

server_process& big_server()
{
    static server_process& one = []() -> server_process& {
        static server_process made({.heap_mb_max = 1'024});
        made.start();
        return made;
    }();
    return one;
}

// One root, so that the parents of its keys are made once, and by plain requests: that costs a
// fifth of what a key costs that is wanted for the first time.
const std::string& root_with(std::size_t keys)
{
    static const std::string root = random_root();
    static std::size_t made = 0;
    adapter_client maker({big_server().client_endpoint()}, {.session_timeout = 10s});
    maker.create(root);
    constexpr std::size_t at_once = 2'000;
    while (made < keys) {
        std::vector<std::future<created_result>> asked;
        for (const auto end = std::min(keys, made + at_once); made < end; ++made)
            asked.push_back(maker.start_create(
                root + "/" + std::to_string(made), detail::create_mode::persistent, 60s));
        for (auto& each : asked)
            each.get();
    }
    return root;
}

// Keeps what is granted.
class collector {
public:
    auto take()
    {
        return [this](error_code ec, hold granted) {
            const std::lock_guard guard(mutex_);
            if (ec)
                first_error_ = first_error_ ? first_error_ : ec;
            else
                holds_.push_back(std::move(granted));
            ++answers_; // the last: whoever waits for it finds the rest
        };
    }

    void wait_for(std::size_t answers)
    {
        wait_until([&] { return answers_ == answers; }, long_limit);
        const std::lock_guard guard(mutex_);
        CHECK(first_error_ == error_code());
        CHECK(holds_.size() == answers);
    }

    std::size_t answers() const { return answers_; }
    std::vector<hold>& holds() { return holds_; }

    std::size_t held() const
    {
        return static_cast<std::size_t>(std::count_if(
            holds_.begin(), holds_.end(), [](const auto& each) { return each.held(); }));
    }

    std::vector<std::int64_t> tokens() const
    {
        std::vector<std::int64_t> all;
        for (const auto& each : holds_)
            all.push_back(each.token().value());
        return all;
    }

    void release()
    {
        for (auto& each : holds_)
            each.release();
    }

private:
    std::mutex mutex_;
    std::vector<hold> holds_;
    error_code first_error_;
    std::atomic<std::size_t> answers_{0};
};

// Sessions of one process, and the locks on them.
class fleet {
public:
    fleet(std::size_t sessions, const std::string& hosts, const std::string& root)
    {
        for (std::size_t each = 0; each < sessions; ++each)
            locks_.emplace_back(sessions_.emplace_back(config_for(hosts)), root);
        for (const auto& each : sessions_)
            connect(each);
    }

    void set_hosts(const std::string& hosts)
    {
        for (auto& each : sessions_)
            each.set_hosts(hosts);
    }

    keyed_mutex& locks(std::size_t which) { return locks_[which % locks_.size()]; }

    std::uint64_t sum(std::uint64_t session_usage::*figure) const
    {
        std::uint64_t total = 0;
        for (const auto& each : sessions_)
            total += each.usage().*figure;
        return total;
    }

    /// Without those that only keep the sessions.
    std::uint64_t requests() const
    {
        return sum(&session_usage::requests) - sum(&session_usage::evidence) -
               sum(&session_usage::heartbeats);
    }

    bool all_wait(std::size_t calls) const
    {
        return sum(&session_usage::watches) + sum(&session_usage::local_waits) == calls &&
               sum(&session_usage::queued) == 0;
    }

    /// What was sent before has been answered, for answers come in the order of the requests.
    void finish_requests()
    {
        for (auto& each : locks_)
            each.lock("last").async_release(boost::asio::use_future).get();
    }

    /// Runs something that costs every session its connection, and waits for the next ones.
    void reconnect(const std::function<void()>& cut) const
    {
        std::vector<std::uint64_t> before;
        for (const auto& each : sessions_)
            before.push_back(each.usage().connects);
        cut();
        for (std::size_t each = 0; each < sessions_.size(); ++each) {
            wait_until([&] { return sessions_[each].usage().connects > before[each]; });
            connect(sessions_[each]);
        }
    }

    void wait_until_clean() const
    {
        for (const auto& each : sessions_)
            test::wait_until_clean(each);
    }

private:
    std::deque<session> sessions_;
    std::deque<keyed_mutex> locks_;
};

} // namespace

TEST_CASE("a hundred thousand keys held by one session survive a reconnect", "[integration][scale]")
{
    constexpr std::size_t keys = 100'000 / part;
    tcp_proxy relay(big_server().client_endpoint());
    fleet client(1, big_server().connect_string(), root_with(keys));
    collector all;
    for (std::size_t each = 0; each < keys; ++each)
        client.locks(0).async_lock(std::to_string(each), all.take());
    all.wait_for(keys);
    const auto tokens = all.tokens();
    CHECK(client.sum(&session_usage::holds) == keys);

    client.reconnect([&] { client.set_hosts(relay.connect_string()); }); // a relay is slow
    client.reconnect([&] { relay.cut_now(); });
    const auto evidence = client.sum(&session_usage::evidence);
    wait_until([&] { return client.sum(&session_usage::evidence) >= evidence + 5; });

    CHECK(all.held() == keys);
    CHECK(all.tokens() == tokens);
    CHECK(client.sum(&session_usage::epochs) == 1);
    CHECK(client.sum(&session_usage::holds_lost) == 0);
    all.release();
    wait_until([&] { return client.sum(&session_usage::reaped) == keys; }, long_limit);
    client.wait_until_clean();
}

TEST_CASE("twenty thousand keys that a few sessions wait for are all granted, with a reconnect in "
          "between",
          "[integration][scale]")
{
    constexpr std::size_t keys = 20'000 / part;
    constexpr std::size_t shards = 4; // one reconnect restores about 7,000 watches of this length
    const auto& root = root_with(keys);
    tcp_proxy relay(big_server().client_endpoint());
    fleet owner(1, big_server().connect_string(), root);
    fleet waiters(shards, relay.connect_string(), root);
    collector first;
    for (std::size_t each = 0; each < keys; ++each)
        owner.locks(0).async_lock(std::to_string(each), first.take());
    first.wait_for(keys);
    collector second;
    for (std::size_t each = 0; each < keys; ++each)
        waiters.locks(each).async_lock(std::to_string(each), second.take());
    wait_until([&] { return waiters.all_wait(keys); }, long_limit);
    waiters
        .finish_requests(); // one that is lost makes its waiter look, and perhaps find itself first
    CHECK(waiters.sum(&session_usage::watches) == keys);

    waiters.reconnect([&] { relay.cut_now(); });
    CHECK(second.answers() == 0);
    first.release();
    second.wait_for(keys);

    CHECK(second.held() == keys);
    CHECK(waiters.sum(&session_usage::epochs) == shards);
    CHECK(waiters.sum(&session_usage::watch_events) == keys);
    second.release();
    waiters.wait_until_clean();
}

TEST_CASE("a thousand waiters of fifty sessions on one key are served once each, in order",
          "[integration][scale]")
{
    constexpr std::size_t many = 1'000 / (part == 1 ? 1 : 5);
    fleet clients(50, big_server().connect_string(), random_root());
    auto first = clients.locks(0).lock("one");
    std::mutex guard;
    std::vector<std::int64_t> order;
    std::atomic<std::size_t> answers{0};
    std::atomic<int> inside{0};
    std::atomic<int> intruders{0};
    const auto work = [&](error_code ec, hold granted) {
        if (!ec) {
            intruders += inside++ == 0 ? 0 : 1;
            const std::lock_guard lock(guard);
            order.push_back(granted.token().value());
            --inside;
        }
        granted.release();
        ++answers;
    };

    const auto before = clients.requests();
    for (std::size_t each = 0; each < many; ++each)
        clients.locks(each).async_lock("one", work);
    wait_until([&] { return clients.all_wait(many); }, long_limit);
    const auto arrived = clients.requests();
    first.release();
    wait_until([&] { return answers == many; }, long_limit);
    clients.wait_until_clean();

    CHECK(order.size() == many);
    CHECK(intruders == 0);
    CHECK(std::adjacent_find(order.begin(), order.end(), std::greater_equal<>()) == order.end());
    CHECK(arrived - before <= many * 3); // create, list, and watch, if it is a stranger
    CHECK(clients.requests() - arrived <= many * 2 + 1); // look, and leave
    CHECK(clients.sum(&session_usage::watch_events) <= many);
}
