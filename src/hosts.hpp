#pragma once

// Host lists: what a user writes, and what the C client is given.

#include "src/zk_client.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paddock::detail {

/// ZooKeeper's own default, for hosts written without a port.
inline constexpr std::uint16_t default_port = 2181;
/// How many hosts a list may have: an ensemble with its observers stays far below, and every one
/// of them may be tried in a row when none answers.
inline constexpr std::size_t hosts_max = 64;

struct host_list {
    std::vector<endpoint> hosts; ///< names or addresses, IPv6 without brackets; at least one
    std::string chroot;          ///< empty, or a path that begins but does not end with a slash
};

/// Reads `zk1:2181,[::1]:2181,zk3/chroot`.
///
/// Errors: `std::invalid_argument`, saying what is wrong and how to write it.
host_list parse_hosts(std::string_view text);

/// Whether a host is an IPv4 or IPv6 address, with no need to look it up.
bool is_numeric(const std::string& host);

/// The servers in random order, one of them twice if their number is even.
///
/// The C client advances its cursor twice for each failed attempt: in a list of even length it
/// never tries every other server. Source: ZOOKEEPER-2466; an integration test, "a dead server in
/// a list of two does not keep the client from the other", holds it.
std::vector<endpoint> odd_rotation(std::vector<endpoint> servers, std::uint64_t random);

/// As the C client reads it: comma-separated, ports always there, IPv6 without brackets.
std::string to_connect_string(const std::vector<endpoint>& servers);

} // namespace paddock::detail
