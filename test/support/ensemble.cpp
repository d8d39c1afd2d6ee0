#include "test/support/ensemble.hpp"

#include "test/support/free_port.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace paddock::test {

namespace {

/// Short, since a server that is not ready is asked again at once.
constexpr std::chrono::milliseconds probe_limit{500};

std::vector<std::string> loopback_members(std::size_t size)
{
    std::vector<std::string> members;
    for (std::size_t id = 1; size > 1 && id <= size; ++id)
        members.push_back("server." + std::to_string(id) + "=127.0.0.1:" +
                          std::to_string(free_port()) + ":" + std::to_string(free_port()));
    return members;
}

std::vector<server_place> loopback_places(std::size_t size)
{
    const auto members = loopback_members(size);
    std::vector<server_place> places;
    for (std::size_t i = 0; i < size; ++i)
        places.push_back({.client = {.host = "127.0.0.1", .port = free_port()},
                          .id = members.empty() ? 0 : static_cast<int>(i + 1),
                          .members = members,
                          .network_namespace = {}});
    return places;
}

bool leads(const std::string& mode)
{
    return mode == "leader" || mode == "standalone";
}

} // namespace

ensemble::ensemble(std::size_t size, const server_config& config)
    : ensemble(loopback_places(size), config)
{
}

ensemble::ensemble(const std::vector<server_place>& places, const server_config& config)
{
    for (const auto& place : places)
        servers_.emplace_back(config, place);
}

void ensemble::start(source_line where)
{
    for (auto& server : servers_)
        if (!server.running())
            server.launch();
    wait_for_all(where);
}

void ensemble::wait_for_quorum(source_line where)
{
    const auto has_quorum = [this] {
        std::size_t serving = 0;
        bool has_leader = false;
        for (auto& server : servers_) {
            const auto mode = server.running() ? server_mode(server.client_endpoint(), probe_limit)
                                               : std::nullopt;
            serving += mode ? 1 : 0;
            has_leader = has_leader || (mode && leads(*mode));
        }
        return has_leader && 2 * serving > servers_.size();
    };
    wait_until(has_quorum, wait_limit, where);
}

void ensemble::wait_for_all(source_line where)
{
    for (auto& server : servers_)
        if (server.running())
            server.wait_until_serving(where);
}

std::size_t ensemble::leader(const std::set<std::size_t>& except, source_line where)
{
    std::optional<std::size_t> found;
    const auto look = [&] {
        for (std::size_t i = 0; i < servers_.size() && !found; ++i) {
            if (except.contains(i) || !servers_[i].running())
                continue;
            const auto mode = server_mode(servers_[i].client_endpoint(), probe_limit);
            if (mode && leads(*mode))
                found = i;
        }
        return found.has_value();
    };
    wait_until(look, wait_limit, where);
    return *found;
}

std::size_t ensemble::follower(source_line where)
{
    const std::size_t leading = leader({}, where);
    for (std::size_t i = 0; i < servers_.size(); ++i)
        if (i != leading && servers_[i].running())
            return i;
    throw std::logic_error("this ensemble has no running follower");
}

void ensemble::restart(std::size_t index, source_line where)
{
    servers_.at(index).restart(where);
}

std::string ensemble::connect_string() const
{
    std::string text;
    for (const auto& server : servers_)
        text += (text.empty() ? "" : ",") + server.connect_string();
    return text;
}

std::int64_t ensemble::total(const std::string& counter_name)
{
    std::int64_t sum = 0;
    for (auto& server : servers_)
        if (server.running())
            sum += counter(server.client_endpoint(), counter_name);
    return sum;
}

std::size_t ensemble::watch_count()
{
    return static_cast<std::size_t>(total("zk_watch_count"));
}

std::set<session_id> ensemble::session_ids()
{
    return paddock::test::session_ids(servers_[leader()].client_endpoint());
}

std::set<std::string> ensemble::ephemerals()
{
    return paddock::test::ephemerals(servers_[leader()].client_endpoint());
}

ensemble& shared_ensemble()
{
    static ensemble servers = [] {
        ensemble made(3);
        made.start();
        return made;
    }();
    return servers;
}

} // namespace paddock::test
