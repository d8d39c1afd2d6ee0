#include "src/status_board.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace paddock;
using namespace paddock::detail;

namespace {

// Of a runtime a board only needs that it posts.
class posting_runtime final : public runtime {
public:
    explicit posting_runtime(asio::io_context& io) : io_(io) {}

    void post(task work) override { asio::post(io_, std::move(work)); }

    time_point now() const noexcept override { return {}; }
    bool inside() const noexcept override { return true; }
    void signal(task) override {}
    timer_id call_at(time_point, task) override { return 1; }
    void cancel(timer_id) override {}
    std::uint64_t random() override { return 0; }
    void resolve(std::vector<endpoint>, resolved) override {}
    std::shared_ptr<zk_client> make_client(client_config, zk_events&) override { return {}; }
    std::shared_ptr<void> closing_guard() override { return {}; }

private:
    asio::io_context& io_;
};

struct seen {
    int calls{0};
    error_code ec;
    session_status status;
};

struct stage {
    asio::io_context io;
    std::shared_ptr<runtime> thread = std::make_shared<posting_runtime>(io);
    std::shared_ptr<status_board> board = std::make_shared<status_board>();

    void change_to(session_state state)
    {
        board->change([&](session_status& status) { status.state = state; });
    }

    void wait(std::uint64_t version, seen& result, asio::cancellation_slot slot = {})
    {
        auto handler = [&result](error_code ec, session_status status) {
            ++result.calls;
            result.ec = ec;
            result.status = std::move(status);
        };
        status_board::waiter waiting(asio::bind_cancellation_slot(slot, std::move(handler)),
                                     io.get_executor());
        const auto id = board->prepare(thread, waiting);
        board->wait(id, version, std::move(waiting));
    }

    void run()
    {
        io.restart();
        io.poll();
    }
};

} // namespace

TEST_CASE("a new subscriber is given the present status", "[unit][status_board]")
{
    stage on;
    seen result;

    on.wait(0, result);
    CHECK(result.calls == 0); // never inside the call
    on.run();

    CHECK(result.calls == 1);
    CHECK_FALSE(result.ec);
    CHECK(result.status.state == session_state::connecting);
    CHECK(result.status.version == 1);
}

TEST_CASE("one who has seen the present status waits for the next", "[unit][status_board]")
{
    stage on;
    seen result;
    on.wait(1, result);
    on.run();
    REQUIRE(result.calls == 0);

    on.change_to(session_state::connected);
    on.run();

    CHECK(result.calls == 1);
    CHECK(result.status.state == session_state::connected);
    CHECK(result.status.version == 2);
}

TEST_CASE("a slow subscriber finds the latest status, not the oldest", "[unit][status_board]")
{
    stage on;
    seen result;
    for (const auto state :
         {session_state::connected, session_state::suspended, session_state::connected})
        on.change_to(state);

    on.wait(1, result);
    on.run();

    CHECK(result.status.version == 4);
    CHECK(result.status.state == session_state::connected);
}

TEST_CASE("a change tells everybody who waits, once", "[unit][status_board]")
{
    stage on;
    seen first;
    seen second;
    on.wait(1, first);
    on.wait(1, second);

    on.change_to(session_state::connected);
    on.change_to(session_state::suspended);
    on.run();

    CHECK(first.calls == 1);
    CHECK(second.calls == 1);
    CHECK(first.status.state == session_state::connected);
}

TEST_CASE("every change raises the version, so that none is missed", "[unit][status_board]")
{
    stage on;

    on.board->change([](session_status& status) { status.explanation = "the same state"; });
    on.board->change([](session_status& status) { status.version = 900; });

    CHECK(on.board->read().version == 901);
    CHECK(on.board->read().explanation == "the same state");
}

TEST_CASE("after the last status there is none to wait for", "[unit][status_board]")
{
    stage on;
    seen told;
    seen late;
    on.change_to(session_state::closed);

    on.wait(1, told);
    on.wait(2, late);
    on.run();

    CHECK_FALSE(told.ec);
    CHECK(told.status.state == session_state::closed);
    CHECK(late.calls == 1);
    CHECK(late.ec == errc::session_closed);
}

TEST_CASE("a cancelled subscriber is told so and not of the next change", "[unit][status_board]")
{
    stage on;
    seen result;
    asio::cancellation_signal cancel;
    on.wait(1, result, cancel.slot());

    cancel.emit(asio::cancellation_type::terminal);
    on.run();
    on.change_to(session_state::connected);
    on.run();

    CHECK(result.calls == 1);
    CHECK(result.ec == asio::error::operation_aborted);
}

TEST_CASE("a cancellation that crosses the change is harmless", "[unit][status_board]")
{
    stage on;
    seen result;
    asio::cancellation_signal cancel;
    on.wait(1, result, cancel.slot());

    cancel.emit(asio::cancellation_type::terminal); // is posted, and so comes after
    on.change_to(session_state::connected);
    on.run();

    CHECK(result.calls == 1);
    CHECK_FALSE(result.ec);
}

TEST_CASE("a cancellation after the board is gone is harmless", "[unit][status_board]")
{
    stage on;
    seen result;
    asio::cancellation_signal cancel;
    on.wait(1, result, cancel.slot());

    cancel.emit(asio::cancellation_type::terminal);
    on.board.reset();
    on.run();

    CHECK(result.calls == 0);
}

TEST_CASE("a blocking wait ends at once when there is nothing to wait for", "[unit][status_board]")
{
    struct row {
        session_state state;
        bool connected;
    };
    const row rows[] = {{session_state::connected, true}, {session_state::closed, false}};

    for (const auto& [state, connected] : rows) {
        stage on;
        on.change_to(state);
        CHECK(on.board->wait_connected(1h) == connected);
    }
}

TEST_CASE("a blocking wait without a connection ends with its limit", "[unit][status_board]")
{
    for (const auto state :
         {session_state::connecting, session_state::suspended, session_state::lost}) {
        stage on;
        on.change_to(state);
        CHECK_FALSE(on.board->wait_connected(0ms));
    }
}
