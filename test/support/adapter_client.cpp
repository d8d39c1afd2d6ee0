#include "test/support/adapter_client.hpp"

#include "src/io_thread.hpp"

#include <algorithm>
#include <stdexcept>

namespace paddock::test {
namespace {

template <typename Result>
Result get(std::future<Result> future)
{
    if (future.wait_for(wait_limit) != std::future_status::ready)
        throw timed_out("a call of the client did not end");
    return future.get();
}

} // namespace

detail::endpoint to_seam(const endpoint& server)
{
    return {server.host, server.port};
}

adapter_client::adapter_client(const std::vector<endpoint>& servers, adapter_config config)
    : io_(detail::io_thread::instance())
{
    detail::client_config seam{.servers = {},
                               .session_timeout = config.session_timeout,
                               .auth = std::move(config.auth),
                               .creator_all_acl = config.creator_all_acl};
    std::transform(servers.begin(), servers.end(), std::back_inserter(seam.servers), to_seam);
    std::promise<void> made;
    io_->post([&] {
        client_ = io_->make_client(std::move(seam), recorder_);
        made.set_value();
    });
    get(made.get_future());
}

adapter_client::~adapter_client()
{
    if (!closed_)
        close();
}

void adapter_client::calls(const std::function<void(detail::zk_client&)>& work)
{
    std::promise<void> ran;
    io_->post([&] {
        work(*client_);
        ran.set_value();
    });
    get(ran.get_future());
}

template <typename Result, typename Start>
std::future<Result> adapter_client::ask(Start start)
{
    // A promise that is set twice throws, on the I/O thread: that ends the test.
    auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    calls([&](detail::zk_client& client) {
        start(client, [promise](const detail::reply& end, auto&&... values) {
            promise->set_value(Result{end, std::forward<decltype(values)>(values)...});
        });
    });
    return future;
}

std::future<created_result> adapter_client::start_create(std::string path,
                                                         detail::create_mode mode,
                                                         std::chrono::milliseconds patience)
{
    return ask<created_result>([&](detail::zk_client& client, auto handler) {
        client.create({std::move(path), "data", mode}, patience, handler);
    });
}

created_result adapter_client::create(std::string path, detail::create_mode mode)
{
    return get(start_create(std::move(path), mode));
}

listed_result adapter_client::children(std::string path)
{
    return get(ask<listed_result>([&](detail::zk_client& client, auto handler) {
        client.children(std::move(path), usual_patience, handler);
    }));
}

got_result adapter_client::watch(std::string path)
{
    return get(ask<got_result>([&](detail::zk_client& client, auto handler) {
        client.watch(std::move(path), usual_patience, handler);
    }));
}

got_result adapter_client::stat(std::string path)
{
    return get(ask<got_result>([&](detail::zk_client& client, auto handler) {
        client.stat(std::move(path), usual_patience, handler);
    }));
}

detail::reply adapter_client::unwatch(std::string path)
{
    return get(ask<detail::reply>([&](detail::zk_client& client, auto handler) {
        client.unwatch(std::move(path), usual_patience, handler);
    }));
}

detail::reply adapter_client::remove(std::string path)
{
    return get(ask<detail::reply>([&](detail::zk_client& client, auto handler) {
        client.remove(std::move(path), usual_patience, handler);
    }));
}

detail::reply adapter_client::sync(std::string path)
{
    return get(ask<detail::reply>([&](detail::zk_client& client, auto handler) {
        client.sync(std::move(path), usual_patience, handler);
    }));
}

committed_result adapter_client::multi(std::vector<detail::multi_op> ops)
{
    return get(ask<committed_result>([&](detail::zk_client& client, auto handler) {
        client.multi(std::move(ops), usual_patience, handler);
    }));
}

detail::reply adapter_client::close()
{
    closed_ = true;
    return get(ask<detail::reply>(
        [&](detail::zk_client& client, auto handler) { client.close(handler); }));
}

void adapter_client::abandon()
{
    closed_ = true;
    calls([this](detail::zk_client&) { client_.reset(); });
}

std::vector<std::string> adapter_client::events() const
{
    const std::lock_guard lock(recorder_.mutex);
    return recorder_.events;
}

std::size_t adapter_client::count(const std::string& event) const
{
    const auto all = events();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), event));
}

detail::connection_info adapter_client::connection() const
{
    const std::lock_guard lock(recorder_.mutex);
    return recorder_.info;
}

void adapter_client::wait_for(const std::string& event, std::size_t times)
{
    wait_until([&] { return count(event) >= times; });
}

void adapter_client::recorder::on_connected(const detail::connection_info& connection)
{
    {
        const std::lock_guard lock(mutex);
        info = connection;
    }
    note("up");
}

void adapter_client::recorder::on_disconnected()
{
    note("down");
}

void adapter_client::recorder::on_session_over(detail::session_end reason)
{
    note(reason == detail::session_end::expired ? "expired" : "auth_refused");
}

void adapter_client::recorder::on_watch(const std::string& path)
{
    note("watch " + path);
}

void adapter_client::recorder::note(std::string event)
{
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
}

} // namespace paddock::test
