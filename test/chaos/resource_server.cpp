#include "test/chaos/resource_server.hpp"

#include "test/chaos/resource_protocol.hpp"
#include "test/chaos/run_names.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace paddock::test {

namespace asio = boost::asio;

resource_server::resource_server(const places& where, std::size_t keys)
    : counters_(keys), log_(where.log), acceptor_(io_, protocol::endpoint(where.socket.string()))
{
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::jthread([this] { io_.run(); });
}

resource_server::~resource_server()
{
    io_.stop();
}

asio::awaitable<void> resource_server::accept()
{
    for (;;) {
        auto client = co_await acceptor_.async_accept(asio::use_awaitable);
        asio::co_spawn(io_, serve(std::move(client)), asio::detached);
    }
}

asio::awaitable<void> resource_server::serve(protocol::socket client)
{
    try {
        for (;;) {
            resource_request asked;
            co_await asio::async_read(
                client, asio::buffer(&asked, sizeof asked), asio::use_awaitable);
            const auto reply = answer(asked);
            co_await asio::async_write(
                client, asio::buffer(&reply, sizeof reply), asio::use_awaitable);
        }
    } catch (const boost::system::system_error&) {
        co_return; // the client has ended, or was killed
    }
}

resource_reply resource_server::answer(const resource_request& asked)
{
    switch (asked.what) {
    case resource_call::read: {
        const auto seen = counters_.read(asked.key, asked.token);
        ++(seen.accepted ? reads_ : refused_);
        if (seen.accepted)
            count_grant(asked.client);
        return {seen.value, seen.accepted};
    }
    case resource_call::write: {
        const auto done = counters_.write(asked.key, asked.token, asked.value);
        ++(done.accepted ? writes_ : refused_);
        note(asked, done.accepted); // before the answer, so that it lies inside the client's wait
        return {done.value, done.accepted};
    }
    case resource_call::at_rest: {
        const std::lock_guard lock(mutex_);
        at_rest_[asked.client] = asked.value;
        return {0, 1};
    }
    case resource_call::lost:
        ++lost_;
        return {0, 1};
    }
    return {};
}

void resource_server::note(const resource_request& asked, bool accepted)
{
    using checker::event_kind;
    checker::event what;
    what.kind = accepted ? event_kind::written : event_kind::write_refused;
    what.client = asked.client;
    what.attempt = asked.attempt;
    what.time = event_time();
    what.token = asked.token;
    what.value = asked.value;
    log_.append(what, key_name(asked.key));
}

resource_usage resource_server::usage() const
{
    return {reads_, writes_, refused_, lost_};
}

void resource_server::count_grant(std::uint32_t client)
{
    const std::lock_guard lock(mutex_);
    ++grants_[client];
}

std::map<std::uint32_t, std::uint64_t> resource_server::grants() const
{
    const std::lock_guard lock(mutex_);
    return grants_;
}

std::map<std::uint32_t, std::int64_t> resource_server::at_rest() const
{
    const std::lock_guard lock(mutex_);
    return at_rest_;
}

} // namespace paddock::test
