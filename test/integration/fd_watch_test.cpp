#include "src/fd_watch.hpp"
#include "test/support/socket.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>

using paddock::detail::fd_watch;
using namespace paddock::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;

// A connection to a listener of this test's own.
struct connection {
    unique_fd listener{listen_on({})};
    unique_fd near{connect_to(local_endpoint(listener), patience)};

    void write(std::string_view bytes) const { send_all(near, bytes, patience); }

    int held_back() const
    {
        int bytes = 0;
        REQUIRE(::ioctl(near.get(), SIOCOUTQNSD, &bytes) == 0);
        return bytes;
    }
};

} // namespace

TEST_CASE("what is gathered leaves together", "[integration][fd_watch]")
{
    const connection to;
    boost::asio::io_context io(1);
    fd_watch watch(io, [](fd_watch::ready) {});
    watch.attach(to.near.get());

    // The kernel gathers for a fifth of a second: a machine that stood still says nothing.
    int gathered = 0;
    std::chrono::steady_clock::duration took{1s};
    while (took > 100ms) {
        const auto begin = std::chrono::steady_clock::now();
        watch.gather();
        to.write("size");
        watch.gather(); // once more changes nothing
        to.write("request");
        gathered = to.held_back();
        watch.push();
        took = std::chrono::steady_clock::now() - begin;
    }
    CHECK(gathered == 11);
    CHECK(to.held_back() == 0);

    to.write("size");
    CHECK(to.held_back() == 0); // nothing is gathered any more
}

TEST_CASE("a socket that was let go of is not gathered for", "[integration][fd_watch]")
{
    const connection to;
    boost::asio::io_context io(1);
    fd_watch watch(io, [](fd_watch::ready) {});
    watch.gather(); // there is none yet
    watch.attach(to.near.get());
    watch.gather();
    watch.drop();

    watch.push(); // whoever has the number now is left alone
    int corked = 0;
    socklen_t size = sizeof corked;
    REQUIRE(::getsockopt(to.near.get(), IPPROTO_TCP, TCP_CORK, &corked, &size) == 0);
    CHECK(corked == 1);
}
