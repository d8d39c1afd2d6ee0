#include "test/support/network.hpp"

#include "test/support/child_process.hpp"
#include "test/support/claim.hpp"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <exception>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace paddock::test {

namespace {

constexpr std::string_view name_start = "paddock-";
constexpr auto namespaces_folder = "/run/netns";
constexpr auto peers_switch = "peers";
constexpr auto clients_switch = "clients";
constexpr int subnets = 512; // the /24 networks of 198.18.0.0/15

std::string number(std::size_t value)
{
    return std::to_string(value);
}

void ip(std::initializer_list<std::string> words)
{
    std::vector<std::string> argv{"ip"};
    argv.insert(argv.end(), words);
    run_program(argv);
}

void ip_quietly(std::initializer_list<std::string> words) noexcept
{
    try {
        ip(words);
    } catch (const std::exception&) {
        // Clean-up: what is gone already, or never came to be, is as it should be.
    }
}

/// Runs `ip` inside a namespace.
void ip_in(const std::string& name_space, std::initializer_list<std::string> words)
{
    std::vector<std::string> argv{"ip", "-n", name_space};
    argv.insert(argv.end(), words);
    run_program(argv);
}

/// The process a namespace was made by; 0 when its name is not one of ours.
pid_t maker_of(std::string_view name)
{
    if (!name.starts_with(name_start))
        return 0;
    name.remove_prefix(name_start.size());
    pid_t pid = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), pid);
    return end.ec == std::errc{} ? pid : 0;
}

void remove_leftovers()
{
    std::error_code ec; // no such folder: nobody ever made a namespace here
    std::vector<std::string> stale;
    for (const auto& entry : std::filesystem::directory_iterator(namespaces_folder, ec)) {
        const std::string name = entry.path().filename().string();
        const pid_t maker = maker_of(name);
        if (maker > 0 && ::kill(maker, 0) != 0 && errno == ESRCH)
            stale.push_back(name);
    }
    for (const auto& name : stale)
        ip_quietly({"netns", "del", name});
}

std::string next_prefix()
{
    static std::atomic<int> made{0};
    return std::string(name_start) + std::to_string(::getpid()) + "-" + std::to_string(++made) +
           "-";
}

std::pair<int, unique_fd> claim_subnet()
{
    const int first = static_cast<int>(::getpid() % subnets); // spreads processes
    for (int i = 0; i < subnets; ++i) {
        const int subnet = (first + i) % subnets;
        if (auto claimed = claim("subnet-" + std::to_string(subnet)))
            return {subnet, std::move(*claimed)};
    }
    throw std::runtime_error("network: all test subnets are in use");
}

/// `198.18.N.host`, which runs on into 198.19 past 255.
std::string client_net_address(int subnet, std::size_t host)
{
    return "198." + std::to_string(18 + subnet / 256) + "." + std::to_string(subnet % 256) + "." +
           number(host);
}

} // namespace

network::network(std::size_t nodes) : nodes_(nodes), prefix_(next_prefix())
{
    if (nodes == 0 || nodes > 200)
        throw std::invalid_argument("network: nodes must be 1 to 200");
    remove_leftovers();
    std::tie(subnet_, subnet_claim_) = claim_subnet();
    try {
        build();
    } catch (...) {
        remove();
        throw;
    }
}

network::~network()
{
    remove();
}

void network::build()
{
    build_switches();
    attach_host();
    for (std::size_t node = 0; node < nodes_; ++node)
        attach_node(node);
}

void network::build_switches()
{
    const auto hub = switch_namespace();
    ip({"netns", "add", hub});
    for (const auto* name : {peers_switch, clients_switch}) {
        ip_in(hub, {"link", "add", name, "type", "bridge"});
        ip_in(hub, {"link", "set", name, "up"});
    }
}

void network::attach_host()
{
    const auto hub = switch_namespace();
    const auto own = host_interface();
    ip_quietly({"link", "del", own}); // left by a crashed process: the claim says it is nobody's
    ip({"link", "add", own, "type", "veth", "peer", "name", "host", "netns", hub});
    ip_in(hub, {"link", "set", "host", "master", clients_switch, "up"});
    ip({"addr", "add", client_net_address(subnet_, 254) + "/24", "dev", own});
    ip({"link", "set", own, "up"});
}

void network::attach_node(std::size_t node)
{
    const auto hub = switch_namespace();
    const auto name = namespace_of(node);
    ip({"netns", "add", name});
    ip_in(name, {"link", "set", "lo", "up"});

    const std::pair<std::string, std::string> links[] = {
        {peers_switch, peer_address(node)},
        {clients_switch, client_address(node)},
    };
    for (const auto& [to, address] : links) {
        const auto port = to + number(node);
        ip_in(name, {"link", "add", to, "type", "veth", "peer", "name", port, "netns", hub});
        ip_in(name, {"addr", "add", address + "/24", "dev", to});
        ip_in(name, {"link", "set", to, "up"});
        ip_in(hub, {"link", "set", port, "master", to, "up"});
    }
}

void network::remove() noexcept
{
    ip_quietly({"link", "del", host_interface()}); // at once; with its namespace it goes later
    for (std::size_t node = 0; node < nodes_; ++node)
        ip_quietly({"netns", "del", namespace_of(node)});
    ip_quietly({"netns", "del", switch_namespace()});
}

std::string network::namespace_of(std::size_t node) const
{
    return prefix_ + number(node);
}

std::string network::switch_namespace() const
{
    return prefix_ + "switch";
}

std::string network::host_interface() const
{
    return "paddock" + std::to_string(subnet_); // the claim makes it unique; 15 characters at most
}

std::string network::peer_address(std::size_t node) const
{
    return "10.77.0." + number(node + 1);
}

std::string network::client_address(std::size_t node) const
{
    return client_net_address(subnet_, node + 1);
}

void network::cut_peer_link(std::size_t node)
{
    ip_in(switch_namespace(), {"link", "set", peers_switch + number(node), "nomaster"});
}

void network::join_peer_link(std::size_t node)
{
    ip_in(switch_namespace(), {"link", "set", peers_switch + number(node), "master", peers_switch});
}

void network::cut_client_link(std::size_t node)
{
    ip_in(switch_namespace(), {"link", "set", clients_switch + number(node), "nomaster"});
}

void network::join_client_link(std::size_t node)
{
    ip_in(switch_namespace(),
          {"link", "set", clients_switch + number(node), "master", clients_switch});
}

const std::string& network_unavailable_reason()
{
    static const std::string reason = []() -> std::string {
        if (::geteuid() != 0)
            return "network namespaces need root";
        if (!find_program("ip"))
            return "network namespaces need the ip command: run scripts/setup";
        try {
            const network tried(1);
            return {};
        } catch (const std::exception& error) {
            return std::string("network namespaces cannot be made here: ") + error.what();
        }
    }();
    return reason;
}

} // namespace paddock::test
