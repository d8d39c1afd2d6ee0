#include "test/support/lock_fixture.hpp"

#include "test/support/adapter_client.hpp"

#include <random>
#include <stdexcept>

namespace paddock::test {

std::string random_root()
{
    static std::random_device device;
    return "/paddock-test-" + std::to_string(device()) + std::to_string(device());
}

session_config config_for(const std::string& hosts, std::chrono::milliseconds timeout)
{
    return {.hosts = hosts, .session_timeout = timeout, .auth = {}, .owner = "test"};
}

void connect(const session& client, source_line where)
{
    if (!client.wait_connected(wait_limit))
        throw timed_out("not connected, at " + where.text() + ": " + client.status().explanation);
}

error_code outcome_of(std::future<hold>& attempt)
{
    try {
        attempt.get();
        return {};
    } catch (const system_error& failure) {
        return failure.code();
    }
}

std::set<std::string> contenders_below(const endpoint& server, const std::string& root)
{
    std::set<std::string> below;
    for (const auto& path : ephemerals(server)) {
        if (path.starts_with(root + "/"))
            below.insert(path);
    }
    return below;
}

void delete_node(const endpoint& server, const std::string& path)
{
    adapter_client operating({server});
    if (operating.remove(path).code != detail::reply_code::ok)
        throw std::runtime_error("cannot delete " + path);
}

void wait_until_clean(const session& client, source_line where)
{
    wait_until(
        [&] {
            const auto usage = client.usage();
            return usage.contenders + usage.watches + usage.local_waits + usage.queued +
                       usage.reaping ==
                   0;
        },
        wait_limit,
        where);
}

} // namespace paddock::test
