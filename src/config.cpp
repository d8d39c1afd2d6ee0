#include "src/hosts.hpp"
#include <paddock/config.hpp>

#include <stdexcept>
#include <string>

namespace paddock {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds thirty_days = std::chrono::hours(24 * 30);

struct range {
    milliseconds smallest;
    milliseconds largest;
};

void check_range(const char* member, milliseconds value, range allowed)
{
    if (value >= allowed.smallest && value <= allowed.largest)
        return;
    throw std::invalid_argument(std::string(member) + " is " + std::to_string(value.count()) +
                                " ms; it may be " + std::to_string(allowed.smallest.count()) +
                                " ms to " + std::to_string(allowed.largest.count()) + " ms");
}

void check_count(const char* member, std::size_t value, std::size_t largest)
{
    if (value >= 1 && value <= largest)
        return;
    throw std::invalid_argument(std::string(member) + " is " + std::to_string(value) +
                                "; it may be 1 to " + std::to_string(largest));
}

void check_auth(const session_config& config)
{
    for (const auto& [scheme, credentials] : config.auth) {
        if (scheme.empty())
            throw std::invalid_argument("auth has an entry without a scheme; try \"digest\"");
    }
    if (config.acl == acl_policy::creator_all && config.auth.empty())
        throw std::invalid_argument("acl is creator_all, which needs credentials in auth");
}

} // namespace

void check(const session_config& config)
{
    static_cast<void>(detail::parse_hosts(config.hosts));
    check_range("session_timeout",
                config.session_timeout,
                {std::chrono::seconds(1), std::chrono::minutes(10)});
    check_range(
        "connect_timeout", config.connect_timeout, {milliseconds(1), std::chrono::hours(1)});
    check_range("give_up_after", config.give_up_after, {milliseconds(0), thirty_days});
    check_count("requests_max", config.requests_max, 10'000'000);
    check_auth(config);
    constexpr std::size_t owner_bytes_max = 200;
    if (config.owner.size() > owner_bytes_max)
        throw std::invalid_argument("owner is longer than 200 bytes");
}

void check(const lock_config& config)
{
    check_range("max_hold", config.max_hold, {milliseconds(0), thirty_days});
    check_count("waiters_max", config.waiters_max, 15'000);
    if (config.handoffs_max > 4'000)
        throw std::invalid_argument("handoffs_max is " + std::to_string(config.handoffs_max) +
                                    "; it may be 0 to 4000");
    check_range("retain_for", config.retain_for, {milliseconds(0), std::chrono::hours(1)});
    check_count("retained_max", config.retained_max, 5'000);
}

} // namespace paddock
