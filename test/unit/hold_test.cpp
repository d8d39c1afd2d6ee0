#include <paddock/error.hpp>
#include <paddock/hold.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <future>
#include <utility>

using namespace paddock;
namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds long_enough{20}; // for a pool's thread, on a busy machine

// What an operation on a hold completes with.
error_code result_of(std::future<void> done)
{
    REQUIRE(done.wait_for(long_enough) == std::future_status::ready);
    try {
        done.get();
    } catch (const system_error& failure) {
        return failure.code();
    }
    return {};
}

} // namespace

TEST_CASE("a hold without a grant is not held and has nothing to show", "[unit][hold]")
{
    const hold none;

    CHECK_FALSE(none.held());
    CHECK_FALSE(static_cast<bool>(none));
    CHECK(none.valid_until() == boot_clock::time_point::min());
    CHECK(none.token() == token());
    CHECK(none.key().empty());
    CHECK(none.path().empty());
    CHECK_FALSE(none.lost().stop_possible());
}

TEST_CASE("releasing a hold without a grant does nothing, again and again", "[unit][hold]")
{
    hold none;

    CHECK_FALSE(none.release());
    CHECK_FALSE(none.release());
}

TEST_CASE("a hold without a grant stays one when it is moved, also onto itself", "[unit][hold]")
{
    hold first;
    hold second(std::move(first));
    auto& same = second;

    second = std::move(same);
    hold third;
    third = std::move(second);

    CHECK_FALSE(third.held());
}

TEST_CASE("a hold without a grant is verified as lost", "[unit][hold]")
{
    const hold none;
    error_code ec;

    none.verify(ec);

    CHECK(ec == errc::hold_lost);
    CHECK_THROWS_AS(none.verify(), system_error);
}

TEST_CASE("asynchronous operations of a hold without a grant complete with its loss",
          "[unit][hold]")
{
    hold none;

    CHECK(result_of(none.async_verify(asio::use_future)) == errc::hold_lost);
    CHECK(result_of(none.async_wait_lost(asio::use_future)) == errc::hold_lost);
    CHECK(result_of(none.async_release(asio::use_future)) == errc::hold_lost);
}

TEST_CASE("a handler on the system's executor is called, and not inside the call", "[unit][hold]")
{
    const hold none;
    std::promise<error_code> told;
    const auto handler = [&](error_code ec) { told.set_value(ec); };

    none.async_verify(asio::bind_executor(asio::system_executor(), handler));

    auto answer = told.get_future();
    REQUIRE(answer.wait_for(long_enough) == std::future_status::ready);
    CHECK(answer.get() == errc::hold_lost);
}
