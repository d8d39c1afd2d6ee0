#include "variants.hpp"

#include "raw_client.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

namespace asio = boost::asio;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// Times each round. The first tenth is not counted: a new connection warms up on it.
class stopwatch {
public:
    explicit stopwatch(std::size_t rounds) : warm_up_(rounds / 10) { taken_.reserve(rounds); }

    void round_starts() { started_ = steady_clock::now(); }

    void round_ends()
    {
        const auto taken = steady_clock::now() - started_;
        if (seen_++ >= warm_up_)
            taken_.push_back(taken);
    }

    std::vector<nanoseconds> taken() && { return std::move(taken_); }

private:
    std::size_t warm_up_;
    std::size_t seen_{0};
    std::vector<nanoseconds> taken_;
    steady_clock::time_point started_;
};

paddock::session_config config_for(const place& where)
{
    paddock::session_config config;
    config.hosts = where.server;
    config.session_timeout = session_timeout;
    return config;
}

/// A session that is over when this is: the next variant may use the C client on its own thread.
class closed_session {
public:
    closed_session(asio::any_io_executor executor, const place& where)
        : session_(std::move(executor), config_for(where))
    {
        if (!session_.wait_connected(std::chrono::seconds{30}))
            throw std::runtime_error("paddock: no connection to " + where.server);
    }
    ~closed_session()
    {
        // The future's handler has the system pool to run on, whatever became of our executor.
        session_.async_close(asio::bind_executor(asio::system_executor(), asio::use_future)).wait();
    }
    closed_session(const closed_session&) = delete;
    closed_session& operator=(const closed_session&) = delete;

    paddock::session& operator*() { return session_; }
    paddock::session* operator->() { return &session_; }

private:
    paddock::session session_;
};

outcome run_blocking(const place& where,
                     keys_view keys,
                     const std::function<void(paddock::hold)>& give_back)
{
    closed_session session(asio::system_executor(), where);
    paddock::keyed_mutex locks(*session, where.root);
    stopwatch watch(keys.size());
    for (const auto& key : keys) {
        watch.round_starts();
        give_back(locks.lock(key));
        watch.round_ends();
    }
    return {std::move(watch).taken(), session->usage().requests};
}

asio::awaitable<void> lock_all(paddock::keyed_mutex& locks, keys_view keys, stopwatch& watch)
{
    for (const auto& key : keys) {
        watch.round_starts();
        auto held = co_await locks.async_lock(key, asio::use_awaitable);
        co_await held.async_release(asio::use_awaitable);
        watch.round_ends();
    }
}

} // namespace

outcome run_raw(const place& where, keys_view keys)
{
    raw_client client(where.server, session_timeout);
    stopwatch watch(keys.size());
    for (const auto& key : keys) {
        watch.round_starts();
        client.unlock(client.lock(where.parent(key)));
        watch.round_ends();
    }
    return {std::move(watch).taken(), 3 * keys.size()};
}

outcome run_released_by_scope(const place& where, keys_view keys)
{
    return run_blocking(where, keys, [](paddock::hold held) { held.release(); });
}

outcome run_released_confirmed(const place& where, keys_view keys)
{
    return run_blocking(
        where, keys, [](paddock::hold held) { held.async_release(asio::use_future).get(); });
}

outcome run_coroutine(const place& where, keys_view keys)
{
    asio::io_context io(1);
    closed_session session(io.get_executor(), where);
    paddock::keyed_mutex locks(*session, where.root);
    stopwatch watch(keys.size());
    auto done = asio::co_spawn(io, lock_all(locks, keys, watch), asio::use_future);
    io.run();
    done.get();
    return {std::move(watch).taken(), session->usage().requests};
}

} // namespace bench
