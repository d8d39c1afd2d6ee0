/// Paddock as the conductor's contestant: `paddock_driver HOSTS ROOT`.

#include "local_tasks.hpp"
#include "protocol.hpp"
#include "scale_task.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <deque>
#include <exception>
#include <future>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;

paddock::session_config config_for(const std::string& hosts)
{
    paddock::session_config config;
    config.hosts = hosts;
    config.session_timeout = std::chrono::seconds(30);
    return config;
}

std::string key_number(std::size_t number)
{
    return "key-" + std::to_string(number);
}

asio::awaitable<void> lock_once(paddock::keyed_mutex& locks, std::string key)
{
    auto held = co_await locks.async_lock(key, asio::use_awaitable);
    co_await held.async_release(asio::use_awaitable);
}

asio::awaitable<void>
lock_again_and_again(paddock::keyed_mutex& locks, std::string key, bench::turn& turn)
{
    while (!turn.over()) {
        co_await lock_once(locks, key);
        turn.done();
    }
}

asio::awaitable<void>
lock_one_by_one(paddock::keyed_mutex& locks, std::size_t keys, bench::turn& turn)
{
    for (std::size_t round = 0; !turn.over(); ++round) {
        co_await lock_once(locks, key_number(round % keys));
        turn.done();
    }
}

void rethrow(std::exception_ptr failure)
{
    if (failure)
        std::rethrow_exception(failure);
}

/// Before the clock starts: what a key costs the first time is not what is measured.
void lock_each_once(paddock::keyed_mutex& locks, std::size_t keys)
{
    asio::io_context io(1);
    for (std::size_t each = 0; each < keys; ++each)
        asio::co_spawn(io, lock_once(locks, key_number(each)), rethrow);
    io.run();
}

class contestant {
public:
    contestant(std::string hosts, std::string root)
        : hosts_(std::move(hosts)), root_(std::move(root))
    {
    }

    bench::measured solo_by_scope(const bench::task& wanted)
    {
        paddock::keyed_mutex locks(session_, root_);
        lock_each_once(locks, wanted.in_flight);
        bench::turn turn(wanted.lasts);
        for (std::size_t round = 0; !turn.over(); ++round) {
            {
                const auto held = locks.lock(key_number(round % wanted.in_flight));
            }
            turn.done();
        }
        return turn.result_with_median();
    }

    /// By a coroutine on the caller's thread: who waits for an answer needs no other thread to
    /// take it in.
    bench::measured solo_confirmed(const bench::task& wanted)
    {
        asio::io_context io(1);
        paddock::keyed_mutex locks(session_, root_);
        lock_each_once(locks, wanted.in_flight);
        bench::turn turn(wanted.lasts);
        asio::co_spawn(io, lock_one_by_one(locks, wanted.in_flight, turn), rethrow);
        io.run();
        return turn.result_with_median();
    }

    /// At ease, so that all contestants can do it at once while the ensemble breaks.
    bench::measured recover(const bench::task& wanted)
    {
        paddock::keyed_mutex locks(session_, root_);
        bench::turn turn(wanted.lasts);
        for (std::size_t round = 0; !turn.over(); ++round) {
            try {
                auto held = locks.lock(key_number(round % wanted.in_flight));
                held.async_release(asio::use_future).get();
                turn.done();
            } catch (const paddock::system_error&) { // tried again
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return turn.result_with_longest();
    }

    bench::measured retained(const bench::task& wanted)
    {
        return bench::lock_retained(session_, root_, wanted);
    }

    bench::measured held(const bench::task& wanted)
    {
        return bench::ask_held(session_, root_, wanted);
    }

    bench::measured hold_many(const bench::task& wanted)
    {
        return bench::hold_many(session_, root_, wanted);
    }

    bench::measured keys(const bench::task& wanted)
    {
        asio::io_context io(1);
        paddock::keyed_mutex locks(session_, root_);
        lock_each_once(locks, wanted.in_flight);
        bench::turn turn(wanted.lasts);
        for (std::size_t each = 0; each < wanted.in_flight; ++each)
            asio::co_spawn(io, lock_again_and_again(locks, key_number(each), turn), rethrow);
        io.run();
        return turn.result_with_processor_time();
    }

    bench::measured hand_off(const bench::task& wanted)
    {
        asio::io_context io(1);
        std::deque<paddock::session> sessions;
        std::deque<paddock::keyed_mutex> locks;
        for (std::size_t each = 0; each < wanted.in_flight; ++each) {
            sessions.emplace_back(io.get_executor(), config_for(hosts_));
            locks.emplace_back(sessions.back(), root_);
        }
        for (auto& each : sessions)
            each.wait_connected(std::chrono::seconds(30));
        bench::turn turn(wanted.lasts);
        for (auto& each : locks)
            asio::co_spawn(io, lock_again_and_again(each, "one", turn), rethrow);
        io.run();
        return turn.result();
    }

    /// IN_FLIGHT callers of one session, whose key passes from one to the next.
    bench::measured local_hand_off(const bench::task& wanted)
    {
        asio::io_context io(1);
        paddock::keyed_mutex locks(session_, root_, {.handoffs_max = 100});
        lock_each_once(locks, 1);
        bench::turn turn(wanted.lasts);
        for (std::size_t each = 0; each < wanted.in_flight; ++each)
            asio::co_spawn(io, lock_again_and_again(locks, key_number(0), turn), rethrow);
        io.run();
        return turn.result();
    }

    /// Bytes allocated for all keys together, when each is held.
    bench::measured memory_of_held(const bench::task& wanted)
    {
        const auto before = bench::allocated_bytes();
        return {hold_all(wanted).count, 0, {bench::allocated_bytes() - before}};
    }

    /// Takes all keys, and keeps them until the driver ends.
    bench::measured hold_all(const bench::task& wanted)
    {
        std::vector<std::future<paddock::hold>> asked;
        for (std::size_t each = 0; each < wanted.in_flight; ++each)
            asked.push_back(kept_locks_.async_lock(key_number(each), asio::use_future));
        for (auto& each : asked)
            kept_.push_back(each.get());
        return {kept_.size(), 0, {}};
    }

    /// Bytes allocated for all keys together, when each is waited for: somebody else holds them.
    /// The handler is empty, so what a caller would keep is not among them.
    bench::measured memory_of_waiting(const bench::task& wanted)
    {
        paddock::session waiter(config_for(hosts_));
        if (!waiter.wait_connected(std::chrono::seconds(30)))
            throw std::runtime_error("no connection");
        paddock::keyed_mutex locks(waiter, root_);
        std::atomic<bool> refused{false};
        const auto before = bench::allocated_bytes();
        for (std::size_t each = 0; each < wanted.in_flight; ++each)
            locks.async_lock(key_number(each),
                             [&](paddock::error_code, const paddock::hold&) { refused = true; });
        while (waiter.usage().watches < wanted.in_flight || waiter.usage().queued > 0) {
            if (refused)
                throw std::runtime_error("not every key could be waited for");
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        const auto after = bench::allocated_bytes();
        waiter.async_close(asio::use_future).wait();
        return {wanted.in_flight, 0, {after - before}};
    }

private:
    const std::string hosts_;
    const std::string root_;
    paddock::session session_{config_for(hosts_)};
    paddock::keyed_mutex kept_locks_{session_, root_};
    std::vector<paddock::hold> kept_;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: paddock_driver HOSTS ROOT\n";
        return 2;
    }
    contestant self(argv[1], argv[2]);
    return bench::serve({
        {"solo_scope", [&](const auto& wanted) { return self.solo_by_scope(wanted); }},
        {"solo_confirmed", [&](const auto& wanted) { return self.solo_confirmed(wanted); }},
        {"keys", [&](const auto& wanted) { return self.keys(wanted); }},
        {"hand_off", [&](const auto& wanted) { return self.hand_off(wanted); }},
        {"local_hand_off", [&](const auto& wanted) { return self.local_hand_off(wanted); }},
        {"recover", [&](const auto& wanted) { return self.recover(wanted); }},
        {"retained", [&](const auto& wanted) { return self.retained(wanted); }},
        {"held", [&](const auto& wanted) { return self.held(wanted); }},
        {"hold_many", [&](const auto& wanted) { return self.hold_many(wanted); }},
        {"hold_all", [&](const auto& wanted) { return self.hold_all(wanted); }},
        {"memory_held", [&](const auto& wanted) { return self.memory_of_held(wanted); }},
        {"memory_waiting", [&](const auto& wanted) { return self.memory_of_waiting(wanted); }},
    });
}
