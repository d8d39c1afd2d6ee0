#include "test/chaos/stall_watch.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace paddock::test;
namespace asio = boost::asio;

namespace {

/// Runs until the watch ends the process, or for ever.
[[noreturn]] void stand_still()
{
    asio::io_context io;
    const auto work = asio::make_work_guard(io);
    asio::post(io, [] { ::pause(); });
    const stall_watch watch({{"a loop", [&io](auto done) { asio::post(io, std::move(done)); }}}, 2);
    io.run();
    ::_exit(0);
}

std::string read_all(int fd)
{
    std::string text;
    std::array<char, 4096> part{};
    for (auto got = ::read(fd, part.data(), part.size()); got > 0;
         got = ::read(fd, part.data(), part.size()))
        text.append(part.data(), static_cast<std::size_t>(got));
    return text;
}

} // namespace

TEST_CASE("a loop that stands still ends its process and says where")
{
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::dup2(pipe[1], STDERR_FILENO);
        std::signal(SIGABRT, SIG_DFL); // and no report by the test runner
        ::alarm(20);
        stand_still();
    }
    ::close(pipe[1]);
    const auto told = read_all(pipe[0]);
    ::close(pipe[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO(told);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    CHECK(told.find("a loop stands still") != std::string::npos);
    CHECK(told.find("pause") != std::string::npos);
}
