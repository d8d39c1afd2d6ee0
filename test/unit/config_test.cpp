#include <paddock/config.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using paddock::acl_policy;
using paddock::lock_config;
using paddock::session_config;

namespace {

constexpr auto thirty_days = std::chrono::hours(24 * 30);

session_config good()
{
    session_config config;
    config.hosts = "zk1:2181,zk2:2181";
    return config;
}

struct session_row {
    std::string member;
    std::function<void(session_config&)> edit;
};

struct lock_row {
    std::string member;
    std::function<void(lock_config&)> edit;
};

} // namespace

TEST_CASE("the default configuration is good once it has hosts", "[unit][config]")
{
    CHECK_NOTHROW(check(good()));
    CHECK_NOTHROW(check(lock_config()));
}

TEST_CASE("a bad member of a session's configuration is named", "[unit][config]")
{
    const std::vector<session_row> rows{
        {"hosts", [](auto& config) { config.hosts = ""; }},
        {"hosts", [](auto& config) { config.hosts = "zk1:70000"; }},
        {"session_timeout", [](auto& config) { config.session_timeout = 0ms; }},
        {"session_timeout", [](auto& config) { config.session_timeout = 999ms; }},
        {"session_timeout", [](auto& config) { config.session_timeout = 10min + 1ms; }},
        {"session_timeout", [](auto& config) { config.session_timeout = -1s; }},
        {"connect_timeout", [](auto& config) { config.connect_timeout = 0ms; }},
        {"connect_timeout", [](auto& config) { config.connect_timeout = 1h + 1ms; }},
        {"give_up_after", [](auto& config) { config.give_up_after = -1ms; }},
        {"give_up_after", [](auto& config) { config.give_up_after = thirty_days + 1ms; }},
        {"requests_max", [](auto& config) { config.requests_max = 0; }},
        {"requests_max", [](auto& config) { config.requests_max = 10'000'001; }},
        {"auth",
         [](auto& config) {
             config.auth = {{"", "cache:secret"}};
         }},
        {"acl", [](auto& config) { config.acl = acl_policy::creator_all; }},
        {"owner", [](auto& config) { config.owner = std::string(201, 'x'); }},
    };

    for (const auto& [member, edit] : rows) {
        auto config = good();
        edit(config);
        CAPTURE(member);
        CHECK_THROWS_MATCHES(
            check(config), std::invalid_argument, MessageMatches(ContainsSubstring(member)));
    }
}

TEST_CASE("the limits of a session's configuration are themselves allowed", "[unit][config]")
{
    const std::vector<session_row> rows{
        {"session_timeout", [](auto& config) { config.session_timeout = 1s; }},
        {"session_timeout", [](auto& config) { config.session_timeout = 10min; }},
        {"connect_timeout", [](auto& config) { config.connect_timeout = 1ms; }},
        {"connect_timeout", [](auto& config) { config.connect_timeout = 1h; }},
        {"give_up_after", [](auto& config) { config.give_up_after = 0ms; }},
        {"give_up_after", [](auto& config) { config.give_up_after = thirty_days; }},
        {"requests_max", [](auto& config) { config.requests_max = 1; }},
        {"requests_max", [](auto& config) { config.requests_max = 10'000'000; }},
        {"owner", [](auto& config) { config.owner = std::string(200, 'x'); }},
        {"acl",
         [](auto& config) {
             config.acl = acl_policy::creator_all;
             config.auth = {{"digest", "cache:secret"}};
         }},
    };

    for (const auto& [member, edit] : rows) {
        auto config = good();
        edit(config);
        CAPTURE(member);
        CHECK_NOTHROW(check(config));
    }
}

TEST_CASE("a refused duration says what it is and what it may be", "[unit][config]")
{
    auto config = good();
    config.session_timeout = 500ms;

    CHECK_THROWS_MATCHES(
        check(config),
        std::invalid_argument,
        MessageMatches(ContainsSubstring("500 ms") && ContainsSubstring("1000 ms to 600000 ms")));
}

TEST_CASE("credentials do not appear in an error message", "[unit][config]")
{
    auto config = good();
    config.auth = {{"", "cache:secret"}};

    CHECK_THROWS_MATCHES(
        check(config), std::invalid_argument, MessageMatches(!ContainsSubstring("secret")));
}

TEST_CASE("a bad member of a lock's configuration is named", "[unit][config]")
{
    const std::vector<lock_row> rows{
        {"max_hold", [](auto& config) { config.max_hold = -1ms; }},
        {"max_hold", [](auto& config) { config.max_hold = thirty_days + 1ms; }},
        {"waiters_max", [](auto& config) { config.waiters_max = 0; }},
        {"waiters_max", [](auto& config) { config.waiters_max = 15'001; }},
        {"handoffs_max", [](auto& config) { config.handoffs_max = 4'001; }},
        {"handoffs_max", [](auto& config) { config.handoffs_max = static_cast<unsigned>(-1); }},
        {"retain_for", [](auto& config) { config.retain_for = -1ms; }},
        {"retain_for", [](auto& config) { config.retain_for = 1h + 1ms; }},
        {"retained_max", [](auto& config) { config.retained_max = 0; }},
        {"retained_max", [](auto& config) { config.retained_max = 5'001; }},
    };

    for (const auto& [member, edit] : rows) {
        lock_config config;
        edit(config);
        CAPTURE(member);
        CHECK_THROWS_MATCHES(
            check(config), std::invalid_argument, MessageMatches(ContainsSubstring(member)));
    }
}

TEST_CASE("the limits of a lock's configuration are themselves allowed", "[unit][config]")
{
    const lock_config rows[] = {
        {.max_hold = 0ms, .waiters_max = 1},
        {.max_hold = thirty_days, .waiters_max = 15'000},
        {.handoffs_max = 0},
        {.handoffs_max = 4'000},
        {.retain_for = 1ms, .retained_max = 1},
        {.retain_for = 1h, .retained_max = 5'000},
    };

    for (const auto& config : rows)
        CHECK_NOTHROW(check(config));
}

TEST_CASE("a refused number says what it is and what it may be", "[unit][config]")
{
    CHECK_THROWS_MATCHES(
        check(lock_config{.handoffs_max = 4'001}),
        std::invalid_argument,
        MessageMatches(ContainsSubstring("4001") && ContainsSubstring("0 to 4000")));
}
