#include "test/support/free_port.hpp"

#include "test/support/claim.hpp"
#include "test/support/socket.hpp"

#include <fstream>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace paddock::test {

namespace {

constexpr int lowest_port = 10'000; // below lie the ports that system services like to use

/// One past the highest port to hand out: where the ports of outgoing connections begin.
int port_end()
{
    int first_outgoing = 32'768; // the kernel's default, for a system without /proc
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_outgoing;
    return first_outgoing > lowest_port + 1'000 ? first_outgoing : 65'536;
}

bool can_listen(std::uint16_t port)
{
    try {
        listen_on({.host = "127.0.0.1", .port = port});
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

} // namespace

std::uint16_t free_port()
{
    static std::mutex mutex;
    static std::vector<unique_fd> claims;               // held until the process ends
    static std::mt19937 random{std::random_device{}()}; // spreads processes over the range

    const std::lock_guard lock(mutex);
    std::uniform_int_distribution<int> ports(lowest_port, port_end() - 1);
    for (int attempt = 0; attempt < 10'000; ++attempt) { // a few; many only on a very full machine
        const auto port = static_cast<std::uint16_t>(ports(random));
        auto claimed = claim("port-" + std::to_string(port));
        if (!claimed || !can_listen(port))
            continue;
        claims.push_back(std::move(*claimed));
        return port;
    }
    throw std::runtime_error("free_port: no free loopback port found");
}

} // namespace paddock::test
