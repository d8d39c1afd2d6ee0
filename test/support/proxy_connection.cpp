#include "test/support/proxy_connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace paddock::test {

proxy_connection::proxy_connection(unique_fd client, unique_fd server)
    : client_(std::move(client)), server_(std::move(server))
{
}

void proxy_connection::read(short client_events, short server_events, proxy_settings& settings)
{
    constexpr short readable = POLLIN | POLLERR | POLLHUP;
    if (!ending_ && (client_events & readable) != 0) {
        requests_.append(receive_from(client_));
        take_requests(settings);
    }
    if (!ending_ && (server_events & readable) != 0) {
        replies_.append(receive_from(server_));
        take_replies(settings);
    }
}

std::string proxy_connection::receive_from(const unique_fd& socket)
{
    std::array<char, 65'536> buffer{};
    const auto got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got > 0)
        return {buffer.data(), static_cast<std::size_t>(got)};
    // The end of one side ends the other, once what is queued for it has been sent.
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
        ending_ = true;
    return {};
}

void proxy_connection::take_requests(proxy_settings& settings)
{
    while (!cut_) {
        auto frame = requests_.next();
        if (!frame)
            return;
        if (requests_.opaque()) {
            conversation_.opaque = true;
            replies_.make_opaque();
        }
        const auto what = settings.rules.on_request(conversation_, *frame);
        obey(what, direction::to_server, std::move(*frame), settings);
    }
}

void proxy_connection::take_replies(proxy_settings& settings)
{
    while (!cut_) {
        auto frame = replies_.next();
        if (!frame)
            return;
        const auto what = settings.rules.on_reply(conversation_, *frame);
        obey(what, direction::to_client, std::move(*frame), settings);
    }
}

void proxy_connection::obey(verdict what,
                            direction way,
                            std::string frame,
                            proxy_settings& settings)
{
    if (what == verdict::forward || what == verdict::forward_and_cut)
        queue(way, std::move(frame), settings);
    if (what == verdict::forward_and_cut || what == verdict::drop_and_cut)
        end_by_proxy();
}

void proxy_connection::queue(direction way, std::string bytes, proxy_settings& settings)
{
    const bool up = way == direction::to_server;
    auto& left = up ? settings.bytes_left_to_server : settings.bytes_left_to_client;
    if (left) {
        bytes.resize(std::min(bytes.size(), *left));
        *left -= bytes.size();
    }
    auto& counters = settings.rules.counters;
    (up ? counters.bytes_to_server : counters.bytes_to_client) += bytes.size();
    (up ? to_server_ : to_client_).push_back({clock::now() + settings.delay, std::move(bytes)});
    if (left && *left == 0) {
        left.reset();
        end_by_proxy();
    }
}

void proxy_connection::end_by_proxy() noexcept
{
    ending_ = true;
    cut_ = true;
}

void proxy_connection::write(clock::time_point now)
{
    send_due(to_server_, server_, now);
    send_due(to_client_, client_, now);
}

void proxy_connection::send_due(outbox& box, const unique_fd& socket, clock::time_point now)
{
    while (!broken_ && !box.empty() && box.front().due <= now) {
        std::string& bytes = box.front().bytes;
        const auto sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            broken_ = errno != EAGAIN && errno != EINTR; // EAGAIN also while still connecting
            return;
        }
        bytes.erase(0, static_cast<std::size_t>(sent));
        if (bytes.empty())
            box.pop_front();
    }
}

bool proxy_connection::finished() const noexcept
{
    return broken_ || (ending_ && to_server_.empty() && to_client_.empty());
}

void proxy_connection::reset() noexcept
{
    cut_ = true;
    broken_ = true;
    const linger at_once{1, 0}; // close() then sends RST instead of FIN
    for (unique_fd* socket : {&client_, &server_}) {
        ::setsockopt(socket->get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        socket->reset();
    }
}

short proxy_connection::client_interest(clock::time_point now) const noexcept
{
    return interest(to_client_, now);
}

short proxy_connection::server_interest(clock::time_point now) const noexcept
{
    return interest(to_server_, now);
}

short proxy_connection::interest(const outbox& box, clock::time_point now) const noexcept
{
    const bool due = !box.empty() && box.front().due <= now;
    return static_cast<short>((ending_ ? 0 : POLLIN) | (due ? POLLOUT : 0));
}

std::optional<proxy_connection::clock::time_point> proxy_connection::next_due() const noexcept
{
    std::optional<clock::time_point> next;
    for (const outbox* box : {&to_server_, &to_client_})
        if (!box->empty() && (!next || box->front().due < *next))
            next = box->front().due;
    return next;
}

} // namespace paddock::test
