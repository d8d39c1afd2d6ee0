#include "demo/redis_server.hpp"

#include "stoppable_wait.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace cache_producer {

namespace {

/// Another process can take the port between our looking and the server's binding it.
constexpr int port_tries = 5;
constexpr std::chrono::seconds start_limit{20};

int free_port()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool found =
        fd >= 0 && ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
    if (fd >= 0)
        ::close(fd);
    if (!found)
        throw std::runtime_error("no free loopback port");
    return ntohs(address.sin_port);
}

} // namespace

redis_server::redis_server(const std::filesystem::path& folder)
{
    std::filesystem::create_directories(folder);
    for (int i = 0; i < port_tries; ++i) {
        if (start_on_free_port(folder))
            return;
    }
    throw std::runtime_error("redis-server does not start; see " + (folder / "log").string());
}

bool redis_server::start_on_free_port(const std::filesystem::path& folder)
{
    address_.port = free_port();
    process_.emplace(child_options{.argv = {"redis-server",
                                            "--port",
                                            std::to_string(address_.port),
                                            "--bind",
                                            address_.host,
                                            "--dir",
                                            folder.string(),
                                            "--save",
                                            "",
                                            "--appendonly",
                                            "no",
                                            "--maxmemory-policy",
                                            "noeviction"},
                                   .log = folder / "log"});
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (process_->running() && std::chrono::steady_clock::now() < deadline) {
        try {
            redis_connection(address_).command({"PING"});
            return true;
        } catch (const redis_error&) {
            wait_or_stop({}, std::chrono::milliseconds(20));
        }
    }
    process_.reset();
    return false;
}

} // namespace cache_producer
