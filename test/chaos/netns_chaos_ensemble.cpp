#include "test/chaos/netns_chaos_ensemble.hpp"

#include "test/support/child_process.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/temp_folder.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string_view>
#include <utility>

namespace paddock::test {

namespace {

constexpr std::size_t server_count = 3;

// Free for certain: each server is alone in its namespace. ZooKeeper's customary numbers.
constexpr std::uint16_t client_port = 2181;
constexpr std::string_view peer_ports = ":2888:3888";

/// Long beside a usual fsync, shorter than what makes a follower drop out (`syncLimit` ticks).
constexpr int slow_sync_ms = 400;

/// An isolated server costs this each time the leader is looked for; a starved one needs it.
constexpr std::chrono::milliseconds probe_limit{1'000};

/// Three Javas and an election, on a machine that does much else.
constexpr std::chrono::seconds start_limit{120};

/// A hardware address that no network card has: the bit says that a person made it up.
constexpr auto nowhere = "02:00:00:00:00:01";

/// In a server's folder: the delay of its fsync, in milliseconds.
constexpr auto slow_switch = "slow-sync";

/// The interface on the clients' switch; `network` names it.
constexpr auto clients_link = "clients";

server_config config_of(std::chrono::milliseconds tick, const small_disk& disk)
{
    server_config config;
    config.tick = tick;
    config.sync_limit_ticks = 5;
    config.init_limit_ticks = 10;
    config.force_sync = true; // or there would be no fsync to slow down
    config.config_lines = {"dataLogDir=" + disk.path().string()};
    return config;
}

/// Runs many `ip` commands in one namespace with one process, for on a busy machine each costs a
/// good part of a second. All are run, whatever becomes of them.
void ip_batch(const std::string& name_space, const std::vector<std::string>& commands)
{
    const temp_folder folder;
    const auto file = folder.path() / "commands";
    {
        std::ofstream out(file);
        for (const auto& command : commands)
            out << command << '\n';
    }
    child_options child;
    child.argv = {"ip", "-n", name_space, "-force", "-batch", file.string()};
    child_process(child).wait(); // its code says only that one of them failed
}

/// What an operator does after a disk was full: a log that was begun on it is empty, and no server
/// starts beside such a one (ZOOKEEPER-1621). Nothing is lost with it.
void remove_empty_logs(const std::filesystem::path& disk)
{
    const auto logs = disk / "version-2";
    if (!std::filesystem::exists(logs))
        return;
    std::vector<std::filesystem::path> empty;
    for (const auto& entry : std::filesystem::directory_iterator(logs)) {
        if (entry.is_regular_file() && entry.file_size() == 0)
            empty.push_back(entry.path());
    }
    for (const auto& log : empty)
        std::filesystem::remove(log);
}

/// Starts programs named `java` through a script that preloads the slow fsync into them.
void preload_into_java(const std::filesystem::path& folder)
{
    const auto java = find_program("java");
    if (!java)
        return; // the server says so, and what to do about it
    const auto script = folder / "java";
    std::ofstream(script) << "#!/bin/sh\n"
                          << "export LD_PRELOAD='" << PADDOCK_SLOW_SYNC_LIBRARY << "'\n"
                          << "export PADDOCK_SLOW_SYNC=\"$PWD/" << slow_switch << "\"\n"
                          << "exec '" << java->string() << "' \"$@\"\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    const std::string path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/bin:/bin";
    ::setenv("PATH", (folder.string() + ":" + path).c_str(), 1);
}

} // namespace

const std::string& netns_chaos_ensemble::unavailable_reason()
{
    static const std::string no_server = "no ZooKeeper server here: run scripts/setup";
    return servers_available() ? network_unavailable_reason() : no_server;
}

netns_chaos_ensemble::netns_chaos_ensemble(const chaos_server_setup& setup)
    : folder_(setup.folder), clients_(setup.clients), network_(server_count + setup.clients)
{
    std::filesystem::create_directories(folder_);
    preload_into_java(folder_);
    for (std::size_t server = 0; server < server_count; ++server)
        add_server(server, setup.tick);
    for (auto& server : servers_)
        server.launch();
    const auto all_serve = [this] {
        return std::all_of(servers_.begin(), servers_.end(), [](const server_process& server) {
            return server_mode(server.client_endpoint(), probe_limit).has_value();
        });
    };
    wait_until(all_serve, start_limit);
}

netns_chaos_ensemble::~netns_chaos_ensemble() = default;

void netns_chaos_ensemble::add_server(std::size_t server, std::chrono::milliseconds tick)
{
    disks_.push_back(
        std::make_unique<small_disk>(folder_ / ("disk-" + std::to_string(server + 1))));
    std::vector<std::string> members;
    for (std::size_t i = 0; i < server_count; ++i)
        members.push_back("server." + std::to_string(i + 1) + "=" + network_.peer_address(i) +
                          std::string(peer_ports));
    servers_.emplace_back(
        config_of(tick, *disks_.back()),
        server_place{.client = {.host = network_.client_address(server), .port = client_port},
                     .id = static_cast<int>(server + 1),
                     .members = std::move(members),
                     .network_namespace = network_.namespace_of(server)});
}

std::string netns_chaos_ensemble::hosts() const
{
    std::string text;
    for (const auto& server : servers_)
        text += (text.empty() ? "" : ",") + server.connect_string();
    return text;
}

std::string netns_chaos_ensemble::address(std::size_t server) const
{
    return servers_.at(server).connect_string();
}

void netns_chaos_ensemble::kill(std::size_t server)
{
    servers_.at(server).stop();
}

void netns_chaos_ensemble::restart(std::size_t server)
{
    auto& one = servers_.at(server);
    const bool frozen = !one.running() && one.pid() > 0 && ::kill(one.pid(), 0) == 0;
    if (frozen || one.running())
        return;
    remove_empty_logs(disks_.at(server)->path());
    one.launch();
}

void netns_chaos_ensemble::pause(std::size_t server)
{
    if (servers_.at(server).running())
        servers_[server].pause();
}

void netns_chaos_ensemble::resume(std::size_t server)
{
    servers_.at(server).resume();
}

void netns_chaos_ensemble::isolate(std::size_t server)
{
    network_.cut_peer_link(server);
    network_.cut_client_link(server);
}

void netns_chaos_ensemble::heal(std::size_t server)
{
    network_.join_peer_link(server);
    network_.join_client_link(server);
}

std::optional<std::size_t> netns_chaos_ensemble::leader()
{
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        if (servers_[i].running() &&
            server_mode(servers_[i].client_endpoint(), probe_limit) == "leader")
            return i;
    }
    return std::nullopt;
}

bool netns_chaos_ensemble::can(capability) const
{
    return true;
}

void netns_chaos_ensemble::isolate_from_peers(std::size_t server)
{
    network_.cut_peer_link(server);
}

void netns_chaos_ensemble::fill_disk(std::size_t server)
{
    disks_.at(server)->fill();
}

void netns_chaos_ensemble::free_disk(std::size_t server)
{
    disks_.at(server)->make_room();
}

// The switch outlives the process: one that is killed and started again meanwhile stays slow.
void netns_chaos_ensemble::slow_disk(std::size_t server)
{
    std::ofstream(servers_.at(server).folder() / slow_switch) << slow_sync_ms;
}

void netns_chaos_ensemble::fast_disk(std::size_t server)
{
    std::filesystem::remove(servers_.at(server).folder() / slow_switch);
}

void netns_chaos_ensemble::save_records(const std::filesystem::path& folder)
{
    using options = std::filesystem::copy_options;
    for (std::size_t server = 0; server < servers_.size(); ++server) {
        const auto into = folder / ("server-" + std::to_string(server + 1));
        std::filesystem::create_directories(into);
        std::filesystem::copy(disks_[server]->path(), into / "disk", options::recursive);
        std::filesystem::copy(servers_[server].folder(), into / "folder", options::recursive);
    }
}

std::size_t netns_chaos_ensemble::client_node(std::size_t client) const
{
    return server_count + client % clients_;
}

std::string netns_chaos_ensemble::client_namespace(std::size_t client) const
{
    return network_.namespace_of(client_node(client));
}

std::string netns_chaos_ensemble::neighbour(std::size_t node) const
{
    return network_.client_address(node) + " dev " + clients_link;
}

void netns_chaos_ensemble::cut_client(std::size_t client, std::size_t server, way direction)
{
    const auto misdirect = [&](std::size_t from, std::size_t to) {
        ip_batch(network_.namespace_of(from),
                 {"neigh replace " + neighbour(to) + " lladdr " + nowhere + " nud permanent"});
        cuts_.emplace(from, to);
    };
    if (direction != way::to_client)
        misdirect(client_node(client), server);
    if (direction != way::to_server)
        misdirect(server, client_node(client));
}

void netns_chaos_ensemble::join_client(std::size_t client)
{
    const auto node = client_node(client);
    std::map<std::size_t, std::vector<std::string>> commands; // by the node that is misled
    std::erase_if(cuts_, [&](const auto& cut) {
        const auto [from, to] = cut;
        if (from != node && to != node)
            return false;
        commands[from].push_back("neigh del " + neighbour(to));
        return true;
    });
    for (const auto& [from, lines] : commands)
        ip_batch(network_.namespace_of(from), lines);
}

} // namespace paddock::test
