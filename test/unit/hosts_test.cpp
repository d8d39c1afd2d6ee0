#include "src/hosts.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

using namespace paddock::detail;

namespace {

std::string complaint(std::string_view text)
{
    try {
        parse_hosts(text);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("a host list is read as it is usually written", "[unit][hosts]")
{
    struct row {
        std::string_view text;
        std::vector<endpoint> hosts;
        std::string_view chroot;
    };
    const row rows[] = {
        {"zk1:2181", {{"zk1", 2181}}, ""},
        {"zk1", {{"zk1", 2181}}, ""},
        {"zk1:1,zk2:65535", {{"zk1", 1}, {"zk2", 65535}}, ""},
        {" zk1:2181 , zk2 ", {{"zk1", 2181}, {"zk2", 2181}}, ""},
        {"10.0.0.1:2181", {{"10.0.0.1", 2181}}, ""},
        {"[::1]:2182", {{"::1", 2182}}, ""},
        {"[fe80::1%eth0]", {{"fe80::1%eth0", 2181}}, ""},
        {"zk1:2181,zk2:2181/my/app", {{"zk1", 2181}, {"zk2", 2181}}, "/my/app"},
        {"[::1]:2181/app", {{"::1", 2181}}, "/app"},
        {"zk1:2181/", {{"zk1", 2181}}, ""},
    };
    for (const row& each : rows) {
        CAPTURE(each.text);
        const host_list list = parse_hosts(each.text);
        CHECK(list.hosts == each.hosts);
        CHECK(list.chroot == each.chroot);
    }
}

TEST_CASE("a host list that is wrong is refused with the reason", "[unit][hosts]")
{
    struct row {
        std::string_view text;
        std::string_view reason;
    };
    const row rows[] = {
        {"", "a host is missing"},
        {"  ", "a host is missing"},
        {"/app", "a host is missing"},
        {"zk1,,zk2", "a host is missing"},
        {"zk1,", "a host is missing"},
        {":2181", "a host is missing"},
        {"zk1:", "the port"},
        {"zk1:0", "the port"},
        {"zk1:02181", "the port"},
        {"zk1:0x10", "the port"},
        {"zk1:65536", "the port"},
        {"zk1:-1", "the port"},
        {"zk1:21 81", "the port"},
        {"::1", "must stand in brackets"},
        {"fe80::1:2181", "must stand in brackets"},
        {"[::1", "not closed"},
        {"[zk1]:2181", "only an IPv6 address"},
        {"[127.0.0.1]:2181", "only an IPv6 address"},
        {"[::1]2181", "only :port"},
        {"zk 1:2181", "a host name holds"},
        {"zk\x01", "a host name holds"},
        {"[::1%a b]", "a host name holds"},
        {"[::1%a@b]", "a host name holds"},
        {"zk1;zk2", ""},
        {"zk1/app/", "an empty part"},
        {"zk1//app", "an empty part"},
        {"zk1/a/../b", ". or .."},
        {"zk1/./b", ". or .."},
        {"zk1/a\x01", "a control character"},
    };
    for (const row& each : rows) {
        CAPTURE(each.text, complaint(each.text));
        if (each.reason.empty())
            continue;
        CHECK(complaint(each.text).find(each.reason) != std::string::npos);
        CHECK(complaint(each.text).find("zk1:2181,zk2:2181/my/app") != std::string::npos); // how to
    }
}

TEST_CASE("a zero byte in a host, where the C client would end the list, is refused",
          "[unit][hosts]")
{
    using namespace std::string_view_literals;

    for (const auto text : {"zk1\0:2181"sv, "127.0.0.1\0x"sv, "[::1%a\0]"sv}) {
        CAPTURE(text);
        CHECK(complaint(text).find("a host name holds") != std::string::npos);
    }
}

TEST_CASE("a host list of more hosts than any ensemble has is refused", "[unit][hosts]")
{
    std::string text = "zk";
    for (std::size_t i = 1; i < hosts_max; ++i)
        text += ",zk";
    CHECK(parse_hosts(text).hosts.size() == hosts_max);

    CHECK(complaint(text + ",zk").find("more than 64") != std::string::npos);
}

TEST_CASE("addresses are told from names", "[unit][hosts]")
{
    for (const char* address : {"127.0.0.1", "::1", "fe80::1%eth0", "2001:db8::1"})
        CHECK(is_numeric(address));
    for (const char* name : {"localhost", "zk1", "127.1", "1.2.3.4.5", "", "010.0.0.1"})
        CHECK_FALSE(is_numeric(name));
}

TEST_CASE("servers are always an odd number, each of them among it", "[unit][hosts]")
{
    for (std::size_t count = 1; count <= 8; ++count) {
        std::vector<endpoint> servers;
        for (std::size_t i = 0; i < count; ++i)
            servers.push_back({"10.0.0." + std::to_string(i), 2181});
        for (std::uint64_t random = 0; random < 20; ++random) {
            const auto turned = odd_rotation(servers, random);
            CAPTURE(count, random);
            CHECK(turned.size() == count + (count + 1) % 2);
            for (const endpoint& each : servers)
                CHECK(std::find(turned.begin(), turned.end(), each) != turned.end());
        }
    }
    CHECK(odd_rotation({}, 1).empty());
}

TEST_CASE("every server is tried first by some client", "[unit][hosts]")
{
    const std::vector<endpoint> servers{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
    std::set<std::string> first;
    for (std::uint64_t random = 0; random < 64; ++random)
        first.insert(odd_rotation(servers, random).front().address);
    CHECK(first.size() == servers.size());
}

TEST_CASE("the C client is given addresses in its own way of writing", "[unit][hosts]")
{
    CHECK(to_connect_string({{"10.0.0.1", 2181}, {"::1", 2182}}) == "10.0.0.1:2181,::1:2182");
}
