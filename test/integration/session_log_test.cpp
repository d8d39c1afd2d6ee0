// What the library logs, and what a program's own log must not do to it.

#include "test/support/lock_fixture.hpp"
#include "test/support/server_process.hpp"
#include "test/support/tcp_proxy.hpp"
#include <paddock/paddock.hpp>

#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <string>
#include <utility>

using namespace paddock;
using namespace paddock::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A logger of the test's own in place of the default one.
class own_logger {
public:
    explicit own_logger(std::shared_ptr<spdlog::sinks::sink> sink)
    {
        auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
        logger->set_level(spdlog::level::debug);
        set_logger(std::move(logger));
    }
    own_logger(const own_logger&) = delete;
    own_logger& operator=(const own_logger&) = delete;
    ~own_logger() { set_logger(nullptr); }
};

constexpr std::size_t lines_kept = 10'000;
using line_keeper = spdlog::sinks::ringbuffer_sink_mt;

bool has_line(line_keeper& sink, const std::string& level, const std::string& text)
{
    const auto lines = sink.last_formatted();
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find("[" + level + "]") != std::string::npos &&
               line.find(text) != std::string::npos;
    });
}

/// Tries blocking calls from inside the log, which is on the I/O thread.
class meddling_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
    std::optional<error_code> lock_result;
    std::optional<error_code> wait_result;
    session* client = nullptr;

private:
    void sink_it_(const spdlog::details::log_msg&) override
    {
        if (client == nullptr)
            return;
        auto* const asked = std::exchange(client, nullptr);
        keyed_mutex locks{*asked, "/never-made"};
        error_code ec;
        static_cast<void>(locks.try_lock("42", ec));
        lock_result = ec;
        try {
            static_cast<void>(asked->wait_connected(1ms));
        } catch (const system_error& error) {
            wait_result = error.code();
        }
    }
    void flush_() override {}
};

} // namespace

TEST_CASE("the log goes to the program's logger, and back to the default one",
          "[integration][session]")
{
    auto sink = std::make_shared<line_keeper>(lines_kept);
    tcp_proxy relay(server());
    session client{config_for(relay.connect_string())};
    keyed_mutex locks{client, random_root()};
    {
        const own_logger logger(sink);
        session other{config_for(server().text())};
        connect(other);
        auto held = locks.lock("the-key");
        const auto fence = std::to_string(held.token().value());
        held.async_release(asio::use_future).get();
        CHECK(has_line(*sink, "info", "session is connected"));
        CHECK(has_line(*sink, "debug", "the-key"));
        CHECK(has_line(*sink, "debug", fence));
    }

    const auto lines = sink->last_formatted().size();
    relay.cut_now(); // is logged, elsewhere
    wait_until([&] { return client.usage().connects == 2; });
    connect(client);

    CHECK(sink->last_formatted().size() == lines);
}

TEST_CASE("a blocking call on the I/O thread is refused, instead of waiting for itself",
          "[integration][session]")
{
    auto sink = std::make_shared<meddling_sink>();
    session client{config_for(server().text())};
    connect(client);
    sink->client = &client;
    {
        const own_logger logger(sink);
        session other{config_for(server().text())};
        connect(other); // is logged
        other.async_close(asio::use_future).get();
    }

    CHECK(sink->lock_result == make_error_code(errc::would_deadlock));
    CHECK(sink->wait_result == make_error_code(errc::would_deadlock));
}
