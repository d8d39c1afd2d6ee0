#include <paddock/error.hpp>

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using paddock::condition;
using paddock::errc;

namespace {

// A compiler writes the name of an enumerator, and a cast where there is none. So a code that is
// added to the enum is in the tests below without anybody having to think of it.
template <errc Value>
constexpr bool has_name()
{
    const std::string_view signature = __PRETTY_FUNCTION__;
    const auto value = signature.substr(signature.rfind("Value = ") + 8);
    return value.front() != '(';
}

template <std::size_t... Values>
std::vector<errc> codes_among(std::index_sequence<Values...>)
{
    std::vector<errc> codes;
    ((has_name<static_cast<errc>(Values)>() ? codes.push_back(static_cast<errc>(Values)) : void()),
     ...);
    return codes;
}

std::vector<errc> every_code()
{
    return codes_among(std::make_index_sequence<64>());
}

struct row {
    errc code;
    bool in_doubt;
    bool lost;
    bool retryable;
};

const std::vector<row> conditions_of{
    {errc::in_doubt, true, false, false},
    {errc::session_lost, false, true, true},
    {errc::session_closed, false, true, false},
    {errc::unreachable, false, false, true},
    {errc::ensemble_lost, false, true, false},
    {errc::bad_host_list, false, false, true},
    {errc::auth_refused, false, true, false},
    {errc::not_authorized, false, false, false},
    {errc::root_not_creatable, false, false, false},
    {errc::timeout_not_granted, false, true, false},
    {errc::hold_lost, false, true, false},
    {errc::key_invalid, false, false, false},
    {errc::queue_full, false, false, true},
    {errc::queue_worn_out, false, false, false},
    {errc::too_many_requests, false, false, true},
    {errc::too_many_watches, false, false, true},
    {errc::would_deadlock, false, false, false},
    {errc::server_error, false, false, false},
    {errc::tokens_worn_out, false, false, false},
};

} // namespace

TEST_CASE("every error has a message of its own", "[unit][error]")
{
    std::set<std::string> messages;

    for (const errc code : every_code()) {
        const auto message = paddock::make_error_code(code).message();
        CAPTURE(static_cast<int>(code), message);
        CHECK(message != "unknown Paddock error");
        CHECK(messages.insert(message).second);
    }

    REQUIRE(messages.size() >= 19); // or the list of codes is not read right
}

TEST_CASE("every error message ends with what to do", "[unit][error]")
{
    for (const errc code : every_code()) {
        const auto message = paddock::make_error_code(code).message();
        const auto advice = message.find("; ");

        CAPTURE(static_cast<int>(code), message);
        CHECK(advice != std::string::npos); // what happened; what to do
        CHECK(message.back() != '.');       // it is put into sentences of others
    }
}

TEST_CASE("no error is zero, which means success", "[unit][error]")
{
    for (const errc code : every_code()) {
        CAPTURE(static_cast<int>(code));
        CHECK(paddock::make_error_code(code).failed());
    }
    CHECK_FALSE(paddock::error_code().failed());
}

TEST_CASE("every error meets the conditions that its reader is told of", "[unit][error]")
{
    std::set<errc> listed;

    for (const auto& [code, in_doubt, lost, retryable] : conditions_of) {
        const paddock::error_code ec = code;
        CAPTURE(ec.message());
        CHECK((ec == condition::in_doubt) == in_doubt);
        CHECK((ec == condition::lost) == lost);
        CHECK((ec == condition::retryable) == retryable);
        listed.insert(code);
    }

    for (const errc code : every_code()) {
        INFO("give the error " << static_cast<int>(code) << " a row in the table");
        CHECK(listed.contains(code));
    }
}

TEST_CASE("a doubtful answer is never retryable, since the write may have been done",
          "[unit][error]")
{
    for (const errc code : every_code()) {
        const paddock::error_code ec = code;
        CAPTURE(ec.message());
        CHECK_FALSE((ec == condition::in_doubt && ec == condition::retryable));
    }
}

TEST_CASE("errors of other libraries meet no condition of ours", "[unit][error]")
{
    std::vector<paddock::error_code> foreign{
        {}, boost::asio::error::operation_aborted, boost::asio::error::eof};
    for (const errc code : every_code()) // the same numbers, another meaning
        foreign.emplace_back(static_cast<int>(code), boost::system::generic_category());

    for (const auto& ec : foreign) {
        CAPTURE(ec.message());
        CHECK_FALSE(ec == condition::in_doubt);
        CHECK_FALSE(ec == condition::lost);
        CHECK_FALSE(ec == condition::retryable);
    }
}

TEST_CASE("an unknown number is named as such and meets no condition", "[unit][error]")
{
    const paddock::error_code ec(9'999, paddock::paddock_category());
    const boost::system::error_condition unknown(9'999, paddock::paddock_condition_category());

    CHECK(ec.message() == "unknown Paddock error");
    CHECK_FALSE(ec == condition::retryable);
    CHECK(unknown.message() == "unknown Paddock condition");
    CHECK_FALSE(paddock::error_code(errc::hold_lost) == unknown);
}

TEST_CASE("the categories and conditions have names for logs", "[unit][error]")
{
    CHECK(std::string_view(paddock::paddock_category().name()) == "paddock");
    CHECK(std::string_view(paddock::paddock_condition_category().name()) == "paddock.condition");
    for (const auto value : {condition::in_doubt, condition::lost, condition::retryable}) {
        const auto message = paddock::make_error_condition(value).message();
        CHECK(message != "unknown Paddock condition");
    }
}

TEST_CASE("an error thrown by a completion token keeps its code", "[unit][error]")
{
    const paddock::system_error thrown(errc::queue_full);

    CHECK(thrown.code() == errc::queue_full);
    CHECK(thrown.code() == condition::retryable);
}
