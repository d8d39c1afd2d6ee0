#include "test/chaos/refusals.hpp"

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace paddock;
using namespace paddock::test;

TEST_CASE("errors have numbers of their own, whatever their category", "[unit][chaos]")
{
    CHECK(number_of({}) == 0);
    CHECK(number_of(errc::session_lost) == static_cast<int>(errc::session_lost));
    CHECK(number_of(boost::asio::error::operation_aborted) < 0);
}

TEST_CASE("only errors with a cause in chaos are expected there", "[unit][chaos]")
{
    const auto expected = [](const error_code& ec) {
        const auto all = expected_errors();
        return std::ranges::any_of(all,
                                   [&](const auto& one) { return one.number == number_of(ec); });
    };

    CHECK(expected(boost::asio::error::operation_aborted));
    CHECK(expected(errc::session_closed));
    CHECK(expected(errc::session_lost));
    CHECK(expected(errc::unreachable));
    for (const auto never : {errc::in_doubt,
                             errc::ensemble_lost,
                             errc::bad_host_list,
                             errc::auth_refused,
                             errc::not_authorized,
                             errc::root_not_creatable,
                             errc::timeout_not_granted,
                             errc::hold_lost,
                             errc::key_invalid,
                             errc::queue_full,
                             errc::queue_worn_out,
                             errc::too_many_requests,
                             errc::too_many_watches,
                             errc::would_deadlock,
                             errc::server_error})
        CHECK_FALSE(expected(never));
}

TEST_CASE("refusals are told with the names of their errors", "[unit][chaos]")
{
    checker::summary numbers;
    numbers.errors = {{0, 7}, {number_of(errc::session_lost), 3}, {99, 1}};

    const auto table = table_of_refusals(numbers);

    CHECK(table.find("session_lost                      3\n") != std::string::npos);
    CHECK(table.find("paddock error 99                  1\n") != std::string::npos);
    CHECK(table.find("no error: the limit passed        7\n") != std::string::npos);
}
