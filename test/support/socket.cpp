#include "test/support/socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace paddock::test {

namespace {

using clock = std::chrono::steady_clock;

[[noreturn]] void fail(int error, const std::string& what)
{
    throw std::system_error(error, std::generic_category(), what);
}

sockaddr_in address_of(const endpoint& where)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(where.port);
    if (::inet_pton(AF_INET, where.host.c_str(), &address.sin_addr) != 1)
        throw std::invalid_argument("not a numeric IPv4 address: " + where.host);
    return address;
}

unique_fd make_socket()
{
    unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket)
        fail(errno, "socket");
    return socket;
}

void wait_ready(const unique_fd& socket, short events, clock::time_point deadline)
{
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
    pollfd entry{socket.get(), events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready == 0)
        fail(ETIMEDOUT, "no answer in time");
    if (ready < 0 && errno != EINTR)
        fail(errno, "poll");
}

bool must_wait(int error)
{
    return error == EAGAIN || error == EINTR;
}

} // namespace

std::string endpoint::text() const
{
    return host + ":" + std::to_string(port);
}

unique_fd listen_on(const endpoint& where)
{
    unique_fd socket = make_socket();
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = address_of(where);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail(errno, "bind " + where.text());
    if (::listen(socket.get(), SOMAXCONN) != 0)
        fail(errno, "listen " + where.text());
    return socket;
}

endpoint local_endpoint(const unique_fd& socket)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        fail(errno, "getsockname");
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(address.sin_port)};
}

unique_fd start_connecting(const endpoint& server)
{
    unique_fd socket = make_socket();
    const int yes = 1; // the harness sends small frames and must not add its own delay to them
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const sockaddr_in address = address_of(server);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS)
        fail(errno, "connect " + server.text());
    return socket;
}

unique_fd connect_to(const endpoint& server, std::chrono::milliseconds limit)
{
    unique_fd socket = start_connecting(server);
    wait_ready(socket, POLLOUT, clock::now() + limit);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        fail(error, "connect " + server.text());
    return socket;
}

void send_all(const unique_fd& socket, std::string_view bytes, std::chrono::milliseconds limit)
{
    const auto deadline = clock::now() + limit;
    while (!bytes.empty()) {
        const auto sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (must_wait(errno))
            wait_ready(socket, POLLOUT, deadline);
        else
            fail(errno, "send");
    }
}

std::string receive(const unique_fd& socket, std::size_t count, std::chrono::milliseconds limit)
{
    const auto deadline = clock::now() + limit;
    std::string bytes;
    std::array<char, 16'384> buffer{};
    while (bytes.size() < count) {
        const auto wanted = std::min(buffer.size(), count - bytes.size());
        const auto got = ::recv(socket.get(), buffer.data(), wanted, 0);
        if (got == 0)
            break;
        if (got > 0)
            bytes.append(buffer.data(), static_cast<std::size_t>(got));
        else if (must_wait(errno))
            wait_ready(socket, POLLIN, deadline);
        else
            fail(errno, "recv");
    }
    return bytes;
}

} // namespace paddock::test
