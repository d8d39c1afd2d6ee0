#include "test/support/tcp_proxy.hpp"

#include "test/support/free_port.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace paddock::test {

/// The state and the thread. The thread holds the mutex but while it polls, so a caller that has
/// the mutex may change anything, close sockets included: connections are found again by number,
/// and a read that a stale report leads to finds nothing and does no harm.
struct tcp_proxy::impl {
    using clock = proxy_connection::clock;

    explicit impl(endpoint to) : server(std::move(to))
    {
        if (!wake)
            throw std::system_error(errno, std::generic_category(), "eventfd");
        thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

    ~impl()
    {
        thread.request_stop();
        wake_up();
    }

    /// What poll() is asked, and whose sockets they are.
    struct poll_set {
        std::vector<pollfd> entries; // wake, listener, then client and server of each connection
        std::vector<std::uint64_t> ids;
        int timeout_ms = -1;
    };

    void run(const std::stop_token& stop);
    poll_set what_to_poll() const;
    void serve(const poll_set& polled);
    void accept_one();
    void serve_connection(std::uint64_t id, short client_events, short server_events);
    void count_and_erase(std::uint64_t id);
    void hold_off_if_asked();
    void wake_up() const noexcept;
    void stop_listening();

    const endpoint server;
    const endpoint own{.host = "127.0.0.1", .port = free_port()};
    const unique_fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

    mutable std::mutex mutex; // guards all below
    unique_fd listener = listen_on(own);
    std::map<std::uint64_t, proxy_connection> connections;
    std::uint64_t next_id = 0;
    proxy_settings settings;
    bool frozen = false;

    std::jthread thread; // last: it uses the rest and is joined first
};

void tcp_proxy::impl::run(const std::stop_token& stop)
{
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        auto set = what_to_poll();
        lock.unlock();
        ::poll(set.entries.data(), set.entries.size(), set.timeout_ms);
        lock.lock();
        std::uint64_t ignored = 0;
        [[maybe_unused]] const auto drained = ::read(wake.get(), &ignored, sizeof ignored);
        if (!frozen)
            serve(set);
    }
}

tcp_proxy::impl::poll_set tcp_proxy::impl::what_to_poll() const
{
    poll_set set;
    set.entries.push_back({wake.get(), POLLIN, 0});
    set.entries.push_back({frozen ? -1 : listener.get(), POLLIN, 0}); // poll() skips negative ones
    if (frozen)
        return set;

    const auto now = clock::now();
    for (const auto& [id, connection] : connections) {
        set.ids.push_back(id);
        set.entries.push_back({connection.client_fd(), connection.client_interest(now), 0});
        set.entries.push_back({connection.server_fd(), connection.server_interest(now), 0});
        const auto due = connection.next_due();
        if (due && *due > now) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - now).count();
            const int wait_ms = static_cast<int>(left);
            set.timeout_ms = set.timeout_ms < 0 ? wait_ms : std::min(set.timeout_ms, wait_ms);
        }
    }
    return set;
}

void tcp_proxy::impl::serve(const poll_set& polled)
{
    for (std::size_t i = 0; i < polled.ids.size(); ++i)
        serve_connection(
            polled.ids[i], polled.entries[2 + 2 * i].revents, polled.entries[3 + 2 * i].revents);
    if (listener && (polled.entries[1].revents & POLLIN) != 0)
        accept_one();
}

void tcp_proxy::impl::serve_connection(std::uint64_t id, short client_events, short server_events)
{
    const auto found = connections.find(id);
    if (found == connections.end())
        return; // cut by the test while the thread polled
    auto& connection = found->second;
    connection.read(client_events, server_events, settings);
    hold_off_if_asked(); // before the client can notice the cut and come back
    connection.write(clock::now());
    if (connection.finished())
        count_and_erase(id);
}

void tcp_proxy::impl::hold_off_if_asked()
{
    if (settings.rules.take_hold_off())
        stop_listening();
}

void tcp_proxy::impl::count_and_erase(std::uint64_t id)
{
    const auto node = connections.extract(id);
    settings.rules.counters.cuts += node.mapped().cut() ? 1 : 0;
}

void tcp_proxy::impl::accept_one()
{
    unique_fd client(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client)
        return; // gone again, or refused in the meantime
    const int yes = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ++settings.rules.counters.connections;
    try {
        auto to_server = start_connecting(server);
        connections.try_emplace(next_id++, std::move(client), std::move(to_server));
    } catch (const std::system_error&) {
        // The server is down: `client` closes here, as a dead server's own socket would.
    }
}

void tcp_proxy::impl::stop_listening()
{
    // shutdown() first: the thread may be in poll() with this socket, which keeps it listening
    // after a plain close() until poll() returns.
    if (listener)
        ::shutdown(listener.get(), SHUT_RDWR);
    listener.reset();
}

void tcp_proxy::impl::wake_up() const noexcept
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);
}

tcp_proxy::tcp_proxy(endpoint server) : impl_(std::make_unique<impl>(std::move(server))) {}

tcp_proxy::~tcp_proxy()
{
    cut_now();
}

const endpoint& tcp_proxy::listen_endpoint() const noexcept
{
    return impl_->own;
}

void tcp_proxy::pass()
{
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->settings.rules.clear_cuts();
        impl_->settings.bytes_left_to_server.reset();
        impl_->settings.bytes_left_to_client.reset();
        impl_->settings.delay = std::chrono::milliseconds(0);
        impl_->frozen = false;
    }
    refuse(false);
}

void tcp_proxy::cut_now()
{
    const std::lock_guard lock(impl_->mutex);
    for (auto& [id, connection] : impl_->connections)
        connection.reset();
    impl_->settings.rules.counters.cuts += impl_->connections.size();
    impl_->connections.clear();
    impl_->wake_up();
}

void tcp_proxy::refuse(bool on)
{
    const std::lock_guard lock(impl_->mutex);
    if (on)
        impl_->stop_listening();
    else if (!impl_->listener)
        impl_->listener = listen_on(impl_->own);
    impl_->wake_up();
}

void tcp_proxy::freeze(bool on)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->frozen = on;
    impl_->wake_up();
}

void tcp_proxy::delay(std::chrono::milliseconds one_way)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->settings.delay = one_way;
}

void tcp_proxy::cut_before_request(cut_point at)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->settings.rules.cut_before(std::move(at));
}

void tcp_proxy::cut_after_request(cut_point at)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->settings.rules.cut_after(std::move(at));
}

void tcp_proxy::cut_at_byte(direction way, std::size_t bytes)
{
    const std::lock_guard lock(impl_->mutex);
    auto& settings = impl_->settings;
    (way == direction::to_server ? settings.bytes_left_to_server : settings.bytes_left_to_client) =
        bytes;
}

proxy_counters tcp_proxy::counters() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->settings.rules.counters;
}

void tcp_proxy::reset_counters()
{
    const std::lock_guard lock(impl_->mutex);
    impl_->settings.rules.counters = {};
}

std::size_t tcp_proxy::open_connections() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->connections.size();
}

} // namespace paddock::test
