#include "test/chaos/refusals.hpp"

#include <boost/asio/error.hpp>

#include <array>
#include <cstdio>

namespace paddock::test {

namespace {

using checker::cause;

std::string name_of(std::int64_t number)
{
    if (number == 0)
        return "no error: the limit passed";
    if (number == number_of(boost::asio::error::operation_aborted))
        return "operation_aborted";
    if (number == number_of(errc::session_lost))
        return "session_lost";
    if (number == number_of(errc::session_closed))
        return "session_closed";
    if (number == number_of(errc::unreachable))
        return "unreachable";
    return number < 0 ? "system error " + std::to_string(-number)
                      : "paddock error " + std::to_string(number);
}

} // namespace

std::int64_t number_of(const error_code& ec)
{
    return ec.category() == paddock_category() ? ec.value() : -ec.value();
}

std::vector<checker::expected_error> expected_errors()
{
    return {{number_of(boost::asio::error::operation_aborted), cause::cancelled},
            {number_of(errc::session_closed), cause::closed},
            {number_of(errc::session_lost), cause::fault},
            {number_of(errc::unreachable), cause::fault}};
}

std::string table_of_refusals(const checker::summary& numbers)
{
    std::string text;
    for (const auto& [number, count] : numbers.errors) {
        std::array<char, 80> line{};
        std::snprintf(line.data(),
                      line.size(),
                      "%-28s %6llu\n",
                      name_of(number).c_str(),
                      static_cast<unsigned long long>(count));
        text += line.data();
    }
    return text;
}

} // namespace paddock::test
