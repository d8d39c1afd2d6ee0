#include "src/hosts.hpp"

#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace paddock::fuzz {
namespace {

using detail::endpoint;
using detail::host_list;

std::optional<host_list> parsed(const std::string& text)
{
    try {
        return detail::parse_hosts(text);
    } catch (const std::invalid_argument& refusal) {
        require(std::string_view(refusal.what()).starts_with("hosts: "),
                "a refusal names the setting");
        return std::nullopt;
    }
}

std::string written(const host_list& list)
{
    std::string text;
    for (const auto& [address, port] : list.hosts) {
        const bool v6 = address.find(':') != std::string::npos;
        text += (text.empty() ? "" : ",") + (v6 ? "[" + address + "]" : address) + ":" +
                std::to_string(port);
    }
    return text + list.chroot;
}

void check_host(const endpoint& host)
{
    require(host.port != 0 && !host.address.empty(), "a host has a name and a port");
    for (const char c : host.address) {
        const auto byte = static_cast<unsigned char>(c);
        require(byte > ' ' && byte != 0x7F, "a host holds no blank or control character");
        require(std::string_view(",/[]@").find(c) == std::string_view::npos,
                "a host holds nothing that the C client takes lists apart at");
    }
    require(host.address.find(':') == std::string::npos || detail::is_numeric(host.address),
            "only an IPv6 address holds colons");
}

void check_chroot(const std::string& chroot)
{
    if (chroot.empty())
        return;
    require(chroot.size() > 1 && chroot.front() == '/' && chroot.back() != '/',
            "a chroot begins but does not end with a slash");
    for (const auto* bad : {"//", "/./", "/../"})
        require((chroot + "/").find(bad) == std::string::npos, "a chroot is a path");
}

// What the C client reads back: split at commas, the port behind the last colon.
void check_connect_string(const std::vector<endpoint>& servers)
{
    std::string left = detail::to_connect_string(servers);
    for (const auto& [address, port] : servers) {
        const auto comma = left.find(',');
        const auto entry = left.substr(0, comma);
        require(entry == address + ":" + std::to_string(port), "a server is written as it is");
        left = comma == std::string::npos ? "" : left.substr(comma + 1);
    }
    require(left.empty(), "no more is written than there is");
}

void check_rotation(const std::vector<endpoint>& servers, std::uint64_t random)
{
    const auto turned = detail::odd_rotation(servers, random);
    require(turned == detail::odd_rotation(servers, random), "a seed repeats");
    require(turned.size() == servers.size() + (servers.size() % 2 == 0 ? 1 : 0),
            "a rotation is odd, and longer by one at the most");
    for (const auto& server : servers)
        require(std::count(turned.begin(), turned.end(), server) >=
                    std::count(servers.begin(), servers.end(), server),
                "no server is left out");
    if (turned.size() != servers.size())
        require(turned.back() == turned.front(), "what is there twice is the first");
}

} // namespace

// Eight bytes of chance, then the list.
void hosts(input bytes)
{
    const auto random = bytes.number();
    const auto text = bytes.rest();
    const auto list = parsed(text);
    if (!list)
        return;
    require(!list->hosts.empty() && list->hosts.size() <= detail::hosts_max,
            "a list has a host, and not more than the limit");
    for (const auto& host : list->hosts)
        check_host(host);
    check_chroot(list->chroot);
    const auto again = parsed(written(*list));
    require(again && again->hosts == list->hosts && again->chroot == list->chroot,
            "a list that is written reads as itself");
    const auto padded = parsed(" \t" + text + "\r\n");
    require(padded && padded->hosts == list->hosts, "blanks around a list mean nothing");
    check_connect_string(list->hosts);
    check_rotation(list->hosts, random);
}

} // namespace paddock::fuzz
