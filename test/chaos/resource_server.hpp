#pragma once

/// The guarded resource of a chaos run: counters behind a Unix socket.

#include "test/chaos/guarded_counters.hpp"
#include "test/checker/history_text.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

namespace paddock::test {

struct resource_request;
struct resource_reply;

/// What the resource has seen so far.
struct resource_usage {
    std::uint64_t reads{0};   ///< grants that came as far as the resource
    std::uint64_t writes{0};  ///< accepted
    std::uint64_t refused{0}; ///< reads and writes with a token that is too old
    std::uint64_t lost{0};    ///< holds that clients reported lost
};

/// Serves the counters from a thread of its own and notes every write in a log.
///
/// Lifetime: the destructor ends the thread; clients see their connections closed.
/// Threads: any, for the observers.
class resource_server {
public:
    struct places {
        std::filesystem::path socket;
        std::filesystem::path log;
    };

    /// Errors: `boost::system::system_error` when the socket cannot be made.
    resource_server(const places& where, std::size_t keys);
    resource_server(const resource_server&) = delete;
    resource_server& operator=(const resource_server&) = delete;
    ~resource_server();

    resource_usage usage() const;

    /// How many grants of each client came as far as the resource.
    std::map<std::uint32_t, std::uint64_t> grants() const;

    /// The clients that have come to rest, and how much each found left over.
    std::map<std::uint32_t, std::int64_t> at_rest() const;

    /// The counters. Only once all clients have ended.
    const guarded_counters& counters() const noexcept { return counters_; }

private:
    using protocol = boost::asio::local::stream_protocol;
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(protocol::socket client);
    resource_reply answer(const resource_request& asked);
    void note(const resource_request& asked, bool accepted);
    void count_grant(std::uint32_t client);

    guarded_counters counters_; // of the thread
    checker::history_file log_;
    std::atomic<std::uint64_t> reads_{0};
    std::atomic<std::uint64_t> writes_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> lost_{0};
    mutable std::mutex mutex_; // guards the maps
    std::map<std::uint32_t, std::uint64_t> grants_;
    std::map<std::uint32_t, std::int64_t> at_rest_;
    boost::asio::io_context io_;
    protocol::acceptor acceptor_;
    std::jthread thread_; // last: uses the rest
};

} // namespace paddock::test
