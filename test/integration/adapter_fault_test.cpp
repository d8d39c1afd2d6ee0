// The adapter of the C client when connections and servers fail.

#include "src/io_thread.hpp"
#include "test/support/adapter_client.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/free_port.hpp"
#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include "test/support/zk_frames.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

using namespace paddock::test;
using namespace std::chrono_literals;
using paddock::boot_clock;
using paddock::detail::create_mode;
using paddock::detail::reply;
using paddock::detail::reply_code;

namespace {

using strings = std::vector<std::string>;

// Where nobody listens, and nobody else will while the test runs.
endpoint dead_endpoint()
{
    static const tcp_proxy closed(server());
    static std::once_flag once;
    std::call_once(once, [] { const_cast<tcp_proxy&>(closed).refuse(true); });
    return closed.listen_endpoint();
}

// Takes connections in on a thread of its own and does something with each.
class listener {
public:
    using serve = std::function<void(unique_fd)>;

    explicit listener(serve each, unique_fd socket = listen_on({}))
        : socket_(std::move(socket)), each_(std::move(each)), thread_([this] { run(); })
    {
    }
    ~listener()
    {
        ended_ = true;
        thread_.join();
    }

    endpoint where() const { return local_endpoint(socket_); }
    int accepted() const { return accepted_; }

private:
    void run()
    {
        while (!ended_) {
            pollfd wanted{socket_.get(), POLLIN, 0};
            ::poll(&wanted, 1, 20);
            unique_fd connection(::accept(socket_.get(), nullptr, nullptr));
            if (!connection)
                continue;
            ++accepted_;
            each_(std::move(connection));
        }
    }

    unique_fd socket_;
    serve each_;
    std::atomic<bool> ended_{false};
    std::atomic<int> accepted_{0};
    std::thread thread_;
};

std::chrono::milliseconds since(boot_clock::time_point start)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(boot_clock::now() - start);
}

} // namespace

TEST_CASE("a cut connection is replaced and keeps working", "[integration][adapter]")
{
    tcp_proxy proxy(server());
    adapter_client client({proxy.listen_endpoint()});
    client.wait_for("up");
    const auto session = client.connection().session_id;
    const std::string root = random_root();
    REQUIRE(client.create(root).end.code == reply_code::ok);
    REQUIRE(client.watch(root).end.code == reply_code::ok);

    for (std::size_t cut = 1; cut <= 3; ++cut) {
        proxy.cut_now();
        client.wait_for("up", cut + 1);
        CHECK(client.stat(root).end.code == reply_code::ok);
    }

    CHECK(client.events() == strings{"up", "down", "up", "down", "up", "down", "up"});
    CHECK(client.connection().session_id == session);
    CHECK(client.remove(root).code == reply_code::ok);
    client.wait_for("watch " + root); // the watch came along
}

TEST_CASE("a connection found dead while sending is told of, and its calls end before the next",
          "[integration][adapter]")
{
    tcp_proxy proxy(server());
    adapter_client client({proxy.listen_endpoint()});
    client.wait_for("up");
    const std::string root = random_root();
    REQUIRE(client.create(root).end.code == reply_code::ok);
    std::vector<std::string> story;
    std::promise<void> ended;

    client.calls([&](paddock::detail::zk_client& zk) {
        proxy.cut_now(); // the I/O thread is here, so it cannot have noticed
        for (int i = 0; i < 3; ++i)
            zk.create({root + "/c-", "", create_mode::ephemeral_sequential},
                      2s,
                      [&, i](const reply& end, auto&&...) {
                          story = client.events();
                          CHECK(end.code == reply_code::in_doubt);
                          if (i == 2)
                              ended.set_value();
                      });
    });
    ended.get_future().get();

    CHECK(story == strings{"up", "down"});
    client.wait_for("up", 2);
    CHECK(client.create(root + "/after").end.code == reply_code::ok);
    CHECK(client.events() == strings{"up", "down", "up"});
}

TEST_CASE("a lost answer leaves its call in doubt, and later calls work", "[integration][adapter]")
{
    tcp_proxy proxy(server());
    adapter_client client({proxy.listen_endpoint()});
    client.wait_for("up");
    const std::string root = random_root();
    REQUIRE(client.create(root).end.code == reply_code::ok);

    proxy.cut_after_request();
    const auto lost = client.create(root + "/a");

    CHECK(lost.end.code == reply_code::in_doubt);
    client.wait_for("up", 2);
    CHECK(client.stat(root + "/a").end.code == reply_code::ok); // it had been executed
}

TEST_CASE("a dead server in a list of two does not keep the client from the other",
          "[integration][adapter]")
{
    tcp_proxy proxy(server());
    adapter_client client({proxy.listen_endpoint(), dead_endpoint()});
    client.wait_for("up");

    for (std::size_t cut = 1; cut <= 5; ++cut) {
        proxy.cut_now();
        client.wait_for("up", cut + 1);
    }

    CHECK(client.count("expired") == 0);
}

TEST_CASE("servers that throw everybody out are asked at a bounded rate", "[integration][adapter]")
{
    constexpr auto watched = 2s;
    const listener closing([](unique_fd connection) { connection.reset(); });
    const auto start = boot_clock::now();
    {
        adapter_client client({closing.where()});
        wait_until([&] { return since(start) > watched; });
    }

    // Waits of 10, 20, 40 ... 1000 ms, each at least a quarter of that.
    CHECK(closing.accepted() > 3);
    CHECK(closing.accepted() < 20);
}

TEST_CASE("an unanswered request ends in doubt within its patience, and the connection is replaced",
          "[integration][adapter]")
{
    tcp_proxy proxy(server());
    adapter_client client({proxy.listen_endpoint()});
    client.wait_for("up");
    const std::string root = random_root();
    REQUIRE(client.create(root).end.code == reply_code::ok);

    proxy.freeze(true);
    const auto start = boot_clock::now();
    const auto lost = client.start_create(root + "/a", create_mode::persistent, 300ms).get();
    const auto took = since(start);
    proxy.freeze(false);

    CHECK(lost.end.code == reply_code::in_doubt);
    CHECK(took >= 300ms);
    CHECK(took < 1s);
    CHECK(lost.end.sent + 300ms <= lost.end.received);
    client.wait_for("up", 2);
    CHECK(client.count("expired") == 0);
}

TEST_CASE("a call made without a connection ends in doubt within its patience",
          "[integration][adapter]")
{
    adapter_client client({dead_endpoint()});

    const auto start = boot_clock::now();
    const auto lost = client.start_create("/x", create_mode::persistent, 300ms).get();

    CHECK(lost.end.code == reply_code::in_doubt);
    CHECK(since(start) < 1s);
}

TEST_CASE("a mute server is given up long before the session is", "[integration][adapter]")
{
    std::vector<unique_fd> kept;
    const listener mute([&](unique_fd connection) { kept.push_back(std::move(connection)); });
    const auto start = boot_clock::now();

    // Twice: one of them, and so the mute one at some time, is tried first.
    for (int i = 0; i < 6; ++i) {
        adapter_client client({mute.where(), server()}, {.session_timeout = 4s});
        client.wait_for("up");
        // Two mute attempts of T/8 at most, one of the list's three being the server.
        CHECK(boot_clock::now() - client.connection().connect_started < 1s);
    }

    CHECK(since(start) < 6 * 2s);
}

TEST_CASE("a connection is replaced on demand, and the session kept", "[integration][adapter]")
{
    adapter_client client({server()});
    client.wait_for("up");
    const auto session = client.connection().session_id;
    const auto start = boot_clock::now();

    client.calls([](paddock::detail::zk_client& zk) { zk.reconnect(); });
    client.wait_for("up", 2);

    CHECK(since(start) < 500ms);
    CHECK(client.events() == strings{"up", "down", "up"});
    CHECK(client.connection().session_id == session);
    CHECK(client.connection().connect_started >= start);
}

TEST_CASE("servers are changed in place, and the session kept", "[integration][adapter]")
{
    tcp_proxy first(server());
    tcp_proxy second(server());
    adapter_client client({first.listen_endpoint()});
    client.wait_for("up");
    const auto session = client.connection().session_id;

    const auto set = [&](const std::vector<endpoint>& list) {
        client.calls([&](paddock::detail::zk_client& zk) {
            std::vector<paddock::detail::endpoint> servers;
            for (const endpoint& each : list)
                servers.push_back(to_seam(each));
            zk.set_servers(servers);
        });
    };

    SECTION("away from the one it is connected to")
    {
        set({second.listen_endpoint()});
        client.wait_for("up", 2);

        CHECK(first.open_connections() == 0);
        CHECK(second.open_connections() == 1);
        CHECK(client.events() == strings{"up", "down", "up"});
    }
    SECTION("the one it is connected to stays, the new one is used later")
    {
        set({first.listen_endpoint(), second.listen_endpoint()});
        CHECK(client.sync("/").code == reply_code::ok);
        CHECK(client.events() == strings{"up"});

        first.refuse(true);
        first.cut_now();
        client.wait_for("up", 2);
        CHECK(second.open_connections() == 1);
    }
    SECTION("while none can be reached")
    {
        first.refuse(true);
        first.cut_now();
        client.wait_for("down");
        set({second.listen_endpoint()});
        client.wait_for("up", 2);
    }
    CHECK(client.connection().session_id == session);
    CHECK(client.sync("/").code == reply_code::ok);
}

TEST_CASE("a close does not wait for a server that is frozen", "[integration][adapter]")
{
    server_process frozen;
    frozen.start();
    adapter_client client({frozen.client_endpoint()});
    adapter_client other({server()});
    client.wait_for("up");
    other.wait_for("up");
    frozen.pause();
    std::vector<std::string> ends;
    std::promise<void> closed;
    bool outstanding = true;

    SECTION("with calls outstanding") {}
    SECTION("with none outstanding")
    {
        outstanding = false;
    }
    const auto start = boot_clock::now();
    client.calls([&](paddock::detail::zk_client& zk) {
        for (int i = 0; outstanding && i < 5; ++i)
            zk.sync("/", 2s, [&](const reply& end) {
                ends.push_back(end.code == reply_code::in_doubt ? "in doubt" : "else");
            });
        zk.close([&](const reply& end) {
            ends.push_back(end.code == reply_code::in_doubt ? "closed in doubt" : "closed");
            closed.set_value();
        });
    });
    // The I/O thread goes on meanwhile.
    CHECK(other.sync("/").code == reply_code::ok);
    CHECK(since(start) < 400ms);
    closed.get_future().get();
    const auto took = since(start);
    frozen.resume();

    CHECK(took < 2s);
    strings expected(outstanding ? 5 : 0, "in doubt");
    expected.push_back("closed in doubt");
    CHECK(ends == expected);
    client.abandon();
}

TEST_CASE("a session whose number changes is over", "[integration][adapter]")
{
    // A server that knows no sessions: each connect gets the next one, and is then cut.
    std::int64_t next_session = 7;
    const listener forgetful([&](unique_fd connection) {
        const auto request = receive(connection, 49, 1s); // protocol, zxid, time-out, id, password
        std::string answer;
        append_int32(answer, 37);
        append_int32(answer, 0);
        append_int32(answer, 4'000);
        append_int64(answer, next_session++);
        append_buffer(answer, std::string(16, 'p'));
        answer += '\0';
        send_all(connection, answer, 1s);
    });
    adapter_client client({forgetful.where()});

    client.wait_for("expired");

    CHECK(client.events() == strings{"up", "down", "expired"});
    CHECK(client.connection().session_id == 7);
}

TEST_CASE("a server is reached over IPv6", "[integration][adapter]")
{
    unique_fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    if (!socket ||
        ::bind(socket.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) != 0)
        SKIP("no IPv6 here");
    socklen_t size = sizeof loopback;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&loopback), &size) == 0);
    REQUIRE(::listen(socket.get(), 8) == 0);
    std::atomic<int> handshakes{0};
    const listener v6(
        [&](unique_fd connection) {
            handshakes += receive(connection, 49, 1s).size() == 49 ? 1 : 0;
        },
        std::move(socket));

    adapter_client client({{"::1", ntohs(loopback.sin6_port)}});

    wait_until([&] { return handshakes > 0; });
}
