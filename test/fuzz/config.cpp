#include "test/fuzz/fuzz.hpp"
#include <paddock/config.hpp>
#include <paddock/error.hpp>
#include <paddock/token.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paddock::fuzz {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t thirty_days = 30LL * 24 * 3'600 * 1'000;

// Near the limits, where the mistakes are, or anything.
std::int64_t some_number(input& bytes)
{
    constexpr std::int64_t interesting[] = {
        0, 1, 999, 1'000, 15'000, 600'000, 3'600'000, 10'000'000, thirty_days};
    const auto which = bytes.below(16);
    if (which >= std::size(interesting))
        return static_cast<std::int64_t>(bytes.number());
    return interesting[which] + static_cast<std::int64_t>(bytes.below(3)) - 1;
}

template <class Config>
std::string refusal_of(const Config& config)
{
    try {
        check(config);
    } catch (const std::invalid_argument& refusal) {
        return refusal.what();
    }
    return {};
}

bool within(milliseconds value, std::int64_t smallest, std::int64_t largest)
{
    return value.count() >= smallest && value.count() <= largest;
}

// The first member past its limit, by the text of config.hpp.
std::string_view first_bad(const session_config& config)
{
    if (!within(config.session_timeout, 1'000, 600'000))
        return "session_timeout";
    if (!within(config.connect_timeout, 1, 3'600'000))
        return "connect_timeout";
    if (!within(config.give_up_after, 0, thirty_days))
        return "give_up_after";
    if (config.requests_max < 1 || config.requests_max > 10'000'000)
        return "requests_max";
    const bool nameless = std::any_of(
        config.auth.begin(), config.auth.end(), [](const auto& one) { return one.scheme.empty(); });
    if (nameless)
        return "auth";
    if (config.acl == acl_policy::creator_all && config.auth.empty())
        return "acl";
    return config.owner.size() > 200 ? "owner" : "";
}

void check_session(input& bytes)
{
    session_config config{.hosts = "zk1"};
    config.session_timeout = milliseconds(some_number(bytes));
    config.connect_timeout = milliseconds(some_number(bytes));
    config.give_up_after = milliseconds(some_number(bytes));
    config.requests_max = static_cast<std::size_t>(some_number(bytes));
    for (auto left = bytes.below(3); left > 0; --left)
        config.auth.push_back({bytes.until(' '), bytes.until(' ')});
    config.acl = bytes.flag() ? acl_policy::creator_all : acl_policy::open;
    config.owner = std::string(bytes.byte(), 'o');
    const auto bad = first_bad(config);
    const auto refusal = refusal_of(config);
    require(refusal.empty() == bad.empty(), "what is within the limits is taken, and only that");
    require(refusal.starts_with(bad), "a refusal names the first bad member");
}

void check_lock(input& bytes)
{
    lock_config config;
    config.max_hold = milliseconds(some_number(bytes));
    config.waiters_max = static_cast<std::size_t>(some_number(bytes));
    std::string_view bad =
        config.waiters_max < 1 || config.waiters_max > 15'000 ? "waiters_max" : "";
    if (!within(config.max_hold, 0, thirty_days))
        bad = "max_hold";
    const auto refusal = refusal_of(config);
    require(refusal.empty() == bad.empty(), "a lock's limits are what they are said to be");
    require(refusal.starts_with(bad), "a lock's refusal names the first bad member");
}

void check_tokens(input& bytes)
{
    constexpr auto positive = std::numeric_limits<std::int64_t>::max();
    const token one(static_cast<std::int64_t>(bytes.number()) & positive);
    const token other(static_cast<std::int64_t>(bytes.number()) & positive);
    require(one.text().size() == 19, "a token's text has one width");
    require(std::stoll(one.text()) == one.value(), "a token's text is its number");
    require((one <=> other) == (one.text().compare(other.text()) <=> 0),
            "texts order as numbers do");
}

void check_errors(input& bytes)
{
    const auto value = static_cast<int>(static_cast<std::int8_t>(bytes.byte()));
    const error_code ec(value, paddock_category());
    require(!ec.message().empty(), "every code has a message");
    require(!(ec == condition::in_doubt && ec == condition::retryable),
            "what is in doubt is not sent again blindly");
}

} // namespace

void config(input bytes)
{
    check_session(bytes);
    check_lock(bytes);
    check_tokens(bytes);
    check_errors(bytes);
}

} // namespace paddock::fuzz
