// The adapter of the C client against real servers: requests and what comes back. What it does when
// connections break is in adapter_fault_test.cpp.

#include "src/io_thread.hpp"
#include "test/support/adapter_client.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/session_expiry.hpp"
#include "test/support/tcp_proxy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>

using namespace paddock::test;
using namespace std::chrono_literals;
using paddock::detail::check_op;
using paddock::detail::create_mode;
using paddock::detail::create_op;
using paddock::detail::remove_op;
using paddock::detail::reply;
using paddock::detail::reply_code;
using paddock::detail::touch_op;

namespace {

// A client that is connected, with a root of its own to work below.
struct connected_client : adapter_client {
    explicit connected_client(adapter_config config = {}) : adapter_client({server()}, config)
    {
        wait_for("up");
        REQUIRE(create(root).end.code == reply_code::ok);
    }
    const std::string root = random_root();
};

// This process's socket to a server that nobody else of it uses.
int socket_to(const endpoint& server)
{
    constexpr int most = 1024;
    for (int fd = 0; fd < most; ++fd) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == server.port)
            return fd;
    }
    return -1;
}

bool is_gathering(int fd)
{
    int corked = 0;
    socklen_t size = sizeof corked;
    REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_CORK, &corked, &size) == 0);
    return corked != 0;
}

} // namespace

TEST_CASE("what is asked for in one turn is gathered, and sent with its end",
          "[integration][adapter]")
{
    tcp_proxy way(server());
    adapter_client client({way.listen_endpoint()});
    client.wait_for("up");
    const int fd = socket_to(way.listen_endpoint());
    REQUIRE(fd >= 0);
    bool gathering = false;

    client.calls([&](paddock::detail::zk_client& to) {
        to.stat("/",
                adapter_client::usual_patience,
                [](const reply&, const paddock::detail::node_stat&) {});
        gathering = is_gathering(fd);
    });

    CHECK(gathering);
    wait_until([&] { return !is_gathering(fd); });
}

TEST_CASE("a created znode comes with its real name and its stat, whatever its kind",
          "[integration][adapter]")
{
    connected_client client;
    const std::string& root = client.root;

    const auto plain = client.create(root + "/plain");
    const auto container = client.create(root + "/container", create_mode::container);
    const auto contender = client.create(root + "/container/c-", create_mode::ephemeral_sequential);

    CHECK(plain.end.code == reply_code::ok);
    CHECK(plain.path == root + "/plain");
    CHECK(plain.stat.czxid > 0);
    CHECK(plain.stat.ephemeral_owner == 0);
    CHECK(container.path == root + "/container");
    CHECK(container.stat.czxid > plain.stat.czxid);
    CHECK(container.stat.ephemeral_owner == 0); // also where the server marks it with another
    CHECK(contender.path == root + "/container/c-0000000000");
    CHECK(contender.stat.czxid > container.stat.czxid);
    CHECK(contender.stat.ephemeral_owner == client.connection().session_id);
    CHECK(client.stat(contender.path).stat.czxid == contender.stat.czxid);
}

TEST_CASE("a refused create says why", "[integration][adapter]")
{
    connected_client client;
    const std::string child = client.root + "/a";
    REQUIRE(client.create(child).end.code == reply_code::ok);

    CHECK(client.create(child).end.code == reply_code::node_exists);
    CHECK(client.create(client.root + "/missing/b").end.code == reply_code::no_node);
    CHECK(client.create("not a path").end.code == reply_code::refused);
    CHECK(client.remove(client.root).code == reply_code::not_empty);
    CHECK(client.remove(child + "b").code == reply_code::no_node);
    CHECK(client.children(child + "b").end.code == reply_code::no_node);
    CHECK(client.stat(child + "b").end.code == reply_code::no_node);
}

TEST_CASE("every answer says when its request was sent and when it came", "[integration][adapter]")
{
    connected_client client;
    const auto before = paddock::boot_clock::now();

    const reply end = client.sync(client.root);

    const auto after = paddock::boot_clock::now();
    CHECK(end.code == reply_code::ok);
    CHECK(before <= end.sent);
    CHECK(end.sent <= end.received);
    CHECK(end.received <= after);
    CHECK(client.connection().connect_started <= before);
    CHECK(client.connection().session_timeout == 4s);
}

TEST_CASE("an answer that came while the thread was late still counts", "[integration][adapter]")
{
    connected_client client({.session_timeout = 1s});
    std::promise<reply_code> ended;

    client.calls([&](paddock::detail::zk_client& zk) {
        zk.sync("/", 200ms, [&](const reply& end) { ended.set_value(end.code); });
        // Longer than the call's patience, and than the C client lets a server be silent, 2/3 T.
        const auto late = paddock::boot_clock::now() + 750ms;
        wait_until([late] { return paddock::boot_clock::now() > late; });
    });

    CHECK(ended.get_future().get() == reply_code::ok);
    CHECK(client.sync("/").code == reply_code::ok);
    CHECK(client.events() == std::vector<std::string>{"up"});
}

TEST_CASE("a listing sent right behind a create sees the new znode", "[integration][adapter]")
{
    connected_client client;
    for (int round = 0; round < 50; ++round) {
        std::promise<created_result> created;
        std::promise<listed_result> listed;

        client.calls([&](paddock::detail::zk_client& zk) {
            zk.create({client.root + "/c-", "", create_mode::ephemeral_sequential},
                      2s,
                      [&](const reply& end, std::string path, const auto& stat) {
                          created.set_value({end, std::move(path), stat});
                      });
            zk.children(client.root,
                        2s,
                        [&](const reply& end, std::vector<std::string> names, const auto& parent) {
                            listed.set_value({end, std::move(names), parent});
                        });
        });

        const auto own = created.get_future().get();
        const auto names = listed.get_future().get().names;
        const auto name = own.path.substr(own.path.rfind('/') + 1);
        CHECK(std::find(names.begin(), names.end(), name) != names.end());
    }
}

TEST_CASE("a listing tells how much data is in the parent", "[integration][adapter]")
{
    connected_client client;
    REQUIRE(client.create(client.root + "/full").end.code == reply_code::ok); // with "data"
    REQUIRE(client.create(client.root + "/full/child").end.code == reply_code::ok);
    REQUIRE(
        client.multi({create_op{client.root + "/full/c-", ""}, touch_op{client.root}}).end.code ==
        reply_code::ok);

    CHECK(client.children(client.root).parent.data_bytes == 0);
    CHECK(client.children(client.root + "/full").parent.data_bytes == 4);
    CHECK(client.children(client.root + "/full").parent.children == 2);
}

TEST_CASE("a transaction of checks is committed, and fails at the znode that is missing",
          "[integration][adapter]")
{
    connected_client client;
    const std::string a = client.root + "/a";
    const std::string b = client.root + "/b";
    REQUIRE(client.create(a).end.code == reply_code::ok);
    REQUIRE(client.create(b).end.code == reply_code::ok);
    REQUIRE(client.watch(a).end.code == reply_code::ok);
    const auto zxid = srvr(server()).at("Zxid");

    const auto fine = client.multi({check_op{a}, check_op{b}});
    const auto zxid_after = srvr(server()).at("Zxid");
    const auto failed = client.multi({remove_op{a}, check_op{b}, check_op{b + "x"}, remove_op{b}});
    const auto removed = client.multi({remove_op{a}, remove_op{b}});

    CHECK(fine.end.code == reply_code::ok);
    CHECK(zxid_after != zxid);
    CHECK(failed.end.code == reply_code::no_node);
    CHECK(failed.outcome.failed == 2);
    CHECK(removed.end.code == reply_code::ok);
    CHECK(client.children(client.root).names.empty());
    client.wait_for("watch " + a);
    CHECK(client.count("watch " + a) == 1); // by the removal, not by the checks
}

TEST_CASE("a transaction of creations says the names, and the touched parents' stats at once",
          "[integration][adapter]")
{
    connected_client client;
    const std::string a = client.root + "/a";
    const std::string b = client.root + "/b";
    REQUIRE(client.create(a, create_mode::container).end.code == reply_code::ok);
    REQUIRE(client.create(b, create_mode::container).end.code == reply_code::ok);
    REQUIRE(client.create(b + "/other").end.code == reply_code::ok);

    const auto made = client.multi({create_op{a + "/c-", "data"},
                                    touch_op{a},
                                    create_op{b + "/a-long-name-for-a-contender-", ""},
                                    touch_op{b},
                                    remove_op{b + "/other"}});
    REQUIRE(made.end.code == reply_code::ok);
    const auto& results = made.outcome.results;
    REQUIRE(results.size() == 5);
    const auto node = client.stat(a + "/" + results[0].name);

    CHECK(results[0].name == "c-0000000000");
    CHECK(results[2].name == "a-long-name-for-a-contender-0000000001");
    CHECK(node.stat.czxid == results[1].stat.mzxid); // the fencing token, without another request
    CHECK(node.stat.ephemeral_owner == client.connection().session_id);
    CHECK(results[1].stat.children == 1);
    CHECK(results[3].stat.children == 2); // as it was behind its own creation
    CHECK(client.children(b).names.size() == 1);
}

TEST_CASE("a transaction of creations that fails names the culprit and makes nothing",
          "[integration][adapter]")
{
    connected_client client;
    const std::string a = client.root + "/a";
    REQUIRE(client.create(a, create_mode::container).end.code == reply_code::ok);

    const auto failed = client.multi(
        {create_op{a + "/c-", ""}, touch_op{a}, create_op{client.root + "/x/c-", ""}, touch_op{a}});

    CHECK(failed.end.code == reply_code::no_node);
    CHECK(failed.outcome.failed == 2);
    CHECK(failed.outcome.results.empty());
    CHECK(client.children(a).names.empty());
}

TEST_CASE("a transaction of one thousand checks passes", "[integration][adapter]")
{
    connected_client client;
    const std::vector<paddock::detail::multi_op> checks(1'000, check_op{client.root});

    CHECK(client.multi(checks).end.code == reply_code::ok);
}

TEST_CASE("a watch fires once, and on a missing znode leaves nothing behind",
          "[integration][adapter]")
{
    connected_client client;
    const std::string path = client.root + "/watched";
    REQUIRE(client.create(path).end.code == reply_code::ok);
    const auto watches = watch_count(server());

    CHECK(client.watch(path).end.code == reply_code::ok);
    CHECK(watch_count(server()) == watches + 1);
    CHECK(client.remove(path).code == reply_code::ok);
    client.wait_for("watch " + path);
    CHECK(client.watch(path).end.code == reply_code::no_node);
    CHECK(watch_count(server()) == watches);
    CHECK(client.create(path).end.code == reply_code::ok);
    CHECK(client.remove(path).code == reply_code::ok);

    CHECK(client.sync(path).code == reply_code::ok); // whatever was on its way has come
    CHECK(client.count("watch " + path) == 1);
}

TEST_CASE("reading a stat leaves no watch", "[integration][adapter]")
{
    connected_client client;
    const auto watches = watch_count(server());

    CHECK(client.stat(client.root).end.code == reply_code::ok);
    CHECK(client.stat(client.root + "/missing").end.code == reply_code::no_node);

    CHECK(watch_count(server()) == watches);
}

TEST_CASE("unwatch takes the watch off at the server", "[integration][adapter]")
{
    connected_client client;
    const auto watches = watch_count(server());
    REQUIRE(client.watch(client.root).end.code == reply_code::ok);
    REQUIRE(watch_count(server()) == watches + 1);

    CHECK(client.unwatch(client.root).code == reply_code::ok);
    CHECK(watch_count(server()) == watches);
    CHECK(client.unwatch(client.root).code == reply_code::ok); // there is none: as good

    CHECK(client.remove(client.root).code == reply_code::ok);
    CHECK(client.sync("/").code == reply_code::ok);
    CHECK(client.count("watch " + client.root) == 0);
}

TEST_CASE("a thousand watches fire once each", "[integration][adapter]")
{
    constexpr int nodes = 1'000;
    connected_client client;
    std::atomic<int> watched{0};
    for (int i = 0; i < nodes; ++i)
        client.start_create(client.root + "/" + std::to_string(i), create_mode::persistent);
    client.calls([&](paddock::detail::zk_client& zk) {
        for (int i = 0; i < nodes; ++i)
            zk.watch(client.root + "/" + std::to_string(i), 10s, [&](const reply& end, auto&) {
                watched += end.code == reply_code::ok ? 1 : 0;
            });
    });
    wait_until([&] { return watched == nodes; });

    client.calls([&](paddock::detail::zk_client& zk) {
        for (int i = 0; i < nodes; ++i)
            zk.remove(client.root + "/" + std::to_string(i), 10s, [](const reply&) {});
    });

    wait_until([&] { return client.events().size() == nodes + 1; }); // and one "up"
    for (int i = 0; i < nodes; ++i)
        REQUIRE(client.count("watch " + client.root + "/" + std::to_string(i)) == 1);
}

TEST_CASE("credentials make the ACL, and a stranger is kept out", "[integration][adapter]")
{
    connected_client owner({.auth = {{"digest", "me:secret"}}, .creator_all_acl = true});
    connected_client stranger;

    CHECK(owner.create(owner.root + "/a").end.code == reply_code::ok);
    CHECK(stranger.create(owner.root + "/b").end.code == reply_code::no_auth);
    CHECK(stranger.children(owner.root).end.code == reply_code::no_auth);
}

TEST_CASE("credentials of an unknown kind end the session", "[integration][adapter]")
{
    adapter_client client({server()}, {.auth = {{"no-such-scheme", "x"}}});

    client.wait_for("auth_refused");

    CHECK(client.create("/x").end.code == reply_code::session_over);
    CHECK(client.count("auth_refused") == 1);
}

TEST_CASE("an expired session is told of once, and nothing comes after", "[integration][adapter]")
{
    connected_client client;
    const auto session = client.connection().session_id;

    wait_until([&] {
        try {
            expire_session(server(), session);
        } catch (const std::runtime_error&) {
            // The client was back before the session was closed, or it is closed already.
        }
        return client.count("expired") > 0;
    });

    CHECK(client.create(client.root + "/late").end.code == reply_code::session_over);
    CHECK(client.count("expired") == 1);
    CHECK(client.events().back() == "expired");
    CHECK(client.close().code == reply_code::session_over);
}

TEST_CASE("a close ends the session at the ensemble", "[integration][adapter]")
{
    connected_client client;
    const auto session = client.connection().session_id;
    REQUIRE(client.create(client.root + "/e-", create_mode::ephemeral_sequential).end.code ==
            reply_code::ok);
    REQUIRE(session_ids(server()).contains(session));

    CHECK(client.close().code == reply_code::ok);

    CHECK_FALSE(session_ids(server()).contains(session));
    CHECK(client.create(client.root + "/late").end.code == reply_code::session_over);
}

TEST_CASE("calls sent before a close are answered before it is", "[integration][adapter]")
{
    connected_client client;
    std::vector<reply_code> ends;
    std::promise<reply_code> closed;

    client.calls([&](paddock::detail::zk_client& zk) {
        for (int i = 0; i < 10; ++i)
            zk.create({client.root + "/c-", "", create_mode::ephemeral_sequential},
                      2s,
                      [&](const reply& end, auto&&...) { ends.push_back(end.code); });
        zk.close([&](const reply& end) { closed.set_value(end.code); });
    });

    CHECK(closed.get_future().get() == reply_code::ok);
    CHECK(ends == std::vector<reply_code>(10, reply_code::ok));
}

TEST_CASE("a client that is let go of unclosed does no harm", "[integration][adapter]")
{
    connected_client client;
    auto outstanding = client.start_create(client.root + "/a", create_mode::persistent);

    client.abandon();

    CHECK(outstanding.get().end.code == reply_code::in_doubt);
    CHECK(client.events() == std::vector<std::string>{"up"});
}

TEST_CASE("many threads use many clients at once", "[integration][adapter]")
{
    constexpr int threads = 4;
    constexpr int rounds = 50;
    std::atomic<int> created{0};
    std::vector<std::thread> users;
    for (int i = 0; i < threads; ++i)
        users.emplace_back([&created] {
            adapter_client client({server()});
            client.wait_for("up");
            const std::string root = random_root();
            client.create(root);
            for (int round = 0; round < rounds; ++round)
                if (client.create(root + "/c-", create_mode::ephemeral_sequential).end.code ==
                    reply_code::ok)
                    ++created;
        });
    for (std::thread& user : users)
        user.join();

    CHECK(created == threads * rounds);
}
