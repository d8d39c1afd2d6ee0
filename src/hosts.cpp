#include "src/hosts.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>
#include <stdexcept>
#include <utility>

namespace paddock::detail {
namespace {

[[noreturn]] void fail(std::string_view what, std::string_view where)
{
    throw std::invalid_argument("hosts: " + std::string(what) + " in \"" + std::string(where) +
                                "\"; write host:port, comma-separated, IPv6 as [::1]:2181, "
                                "optionally with a chroot at the end: zk1:2181,zk2:2181/my/app");
}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Strict: the C client would read 0x10 and 010 as other numbers than the person who wrote them.
std::uint16_t parse_port(std::string_view text, std::string_view entry)
{
    std::uint16_t port = 0;
    const auto end = text.data() + text.size();
    const auto [stop, ec] = std::from_chars(text.data(), end, port);
    if (text.empty() || ec != std::errc{} || stop != end || port == 0 || text.front() == '0')
        fail("the port must be a decimal number from 1 to 65535", entry);
    return port;
}

// The C client takes the list apart at some of these and ends it at a zero; no host holds any.
void check_address(const std::string& address, std::string_view entry)
{
    const auto impossible = [](unsigned char c) {
        return c <= 0x20 || c == 0x7f || c == '[' || c == ']' || c == '@';
    };
    if (std::any_of(address.begin(), address.end(), impossible))
        fail("a host name holds a character that it cannot", entry);
}

endpoint parse_bracketed(std::string_view entry)
{
    const auto close = entry.find(']');
    if (close == std::string_view::npos)
        fail("a bracket is not closed", entry);
    endpoint host{std::string(entry.substr(1, close - 1)), default_port};
    if (host.address.find(':') == std::string::npos || !is_numeric(host.address))
        fail("only an IPv6 address may stand in brackets", entry);
    check_address(host.address, entry); // it may name an interface, which is not looked at above
    const auto rest = entry.substr(close + 1);
    if (rest.empty())
        return host;
    if (rest.front() != ':')
        fail("only :port may follow a bracket", entry);
    host.port = parse_port(rest.substr(1), entry);
    return host;
}

endpoint parse_host(std::string_view entry)
{
    if (entry.empty())
        fail("a host is missing", entry);
    if (entry.front() == '[')
        return parse_bracketed(entry);
    const auto colon = entry.find(':');
    if (colon != entry.rfind(':'))
        fail("an IPv6 address must stand in brackets", entry);
    endpoint host{std::string(entry.substr(0, colon)), default_port};
    if (host.address.empty())
        fail("a host is missing", entry);
    check_address(host.address, entry);
    if (colon != std::string_view::npos)
        host.port = parse_port(entry.substr(colon + 1), entry);
    return host;
}

void check_segment(std::string_view segment, std::string_view chroot)
{
    if (segment.empty())
        fail("the chroot has an empty part", chroot);
    if (segment == "." || segment == "..")
        fail("the chroot must not hold . or ..", chroot);
    const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::any_of(segment.begin(), segment.end(), control))
        fail("the chroot holds a control character", chroot);
}

std::string parse_chroot(std::string_view chroot)
{
    if (chroot.size() <= 1)
        return {}; // none, or the root itself
    for (std::string_view rest = chroot.substr(1);;) {
        const auto slash = rest.find('/');
        check_segment(rest.substr(0, slash), chroot);
        if (slash == std::string_view::npos)
            return std::string(chroot);
        rest.remove_prefix(slash + 1);
    }
}

// SplitMix64 (Steele, Lea and Flood 2014): the standard's shuffle may differ between libraries,
// and a seed must replay anywhere.
std::uint64_t next_random(std::uint64_t& state)
{
    std::uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

} // namespace

host_list parse_hosts(std::string_view text)
{
    text = trim(text);
    const auto slash = text.find('/');
    host_list list;
    if (slash != std::string_view::npos)
        list.chroot = parse_chroot(text.substr(slash));
    for (std::string_view rest = text.substr(0, slash);;) {
        const auto comma = rest.find(',');
        list.hosts.push_back(parse_host(trim(rest.substr(0, comma))));
        if (list.hosts.size() > hosts_max)
            fail("there are more than " + std::to_string(hosts_max) + " hosts", text);
        if (comma == std::string_view::npos)
            return list;
        rest.remove_prefix(comma + 1);
    }
}

bool is_numeric(const std::string& host)
{
    in_addr v4{};
    in6_addr v6{};
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1)
        return true;
    // A link-local address may name its interface: fe80::1%eth0.
    return ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &v6) == 1;
}

std::vector<endpoint> odd_rotation(std::vector<endpoint> servers, std::uint64_t random)
{
    for (std::size_t left = servers.size(); left > 1; --left)
        std::swap(servers[left - 1], servers[next_random(random) % left]);
    if (!servers.empty() && servers.size() % 2 == 0)
        servers.push_back(servers.front());
    return servers;
}

std::string to_connect_string(const std::vector<endpoint>& servers)
{
    std::string text;
    for (const endpoint& server : servers) {
        if (!text.empty())
            text += ',';
        text += server.address + ':' + std::to_string(server.port);
    }
    return text;
}

} // namespace paddock::detail
