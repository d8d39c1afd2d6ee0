#include "test/support/netns_ensemble.hpp"

#include <vector>

namespace paddock::test {

namespace {

constexpr std::size_t server_count = 3;

// Free for certain: each server is alone in its namespace. ZooKeeper's customary numbers.
constexpr std::uint16_t client_port = 2181;
constexpr auto peer_ports = ":2888:3888";

std::vector<server_place> places_in(const network& net)
{
    std::vector<std::string> members;
    for (std::size_t i = 0; i < server_count; ++i)
        members.push_back("server." + std::to_string(i + 1) + "=" + net.peer_address(i) +
                          peer_ports);
    std::vector<server_place> places;
    for (std::size_t i = 0; i < server_count; ++i)
        places.push_back({.client = {.host = net.client_address(i), .port = client_port},
                          .id = static_cast<int>(i + 1),
                          .members = members,
                          .network_namespace = net.namespace_of(i)});
    return places;
}

} // namespace

server_config netns_ensemble::usual_config()
{
    server_config config;
    config.tick = std::chrono::milliseconds(2'000);
    config.sync_limit_ticks = 5;
    return config;
}

const std::string& netns_ensemble::unavailable_reason()
{
    return network_unavailable_reason();
}

netns_ensemble::netns_ensemble(const server_config& config)
    : network_(server_count), servers_(places_in(network_), config)
{
}

void netns_ensemble::start(source_line where)
{
    servers_.start(where);
}

} // namespace paddock::test
