#include "test/simulation/ensemble.hpp"

#include "test/simulation/leader_role.hpp"
#include "test/simulation/server.hpp"
#include "test/simulation/surroundings.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace paddock::simulation {

namespace {

constexpr std::uint16_t client_port_number = 2181;
const std::string address_prefix = "10.0.0.";

} // namespace

struct ensemble::parts {
    parts(world& where, network& net, ensemble_config config)
        : around(where, net, std::move(config))
    {
    }

    leader_role* serving_leader() const
    {
        leader_role* newest = nullptr;
        for (const auto& one : around.servers) {
            auto* const role = one->leading();
            if (one->runs() && one->serves() && role != nullptr &&
                (newest == nullptr || role->epoch() > newest->epoch()))
                newest = role;
        }
        return newest;
    }

    surroundings around;
    // By connection, which its client holds.
    std::unordered_map<const connection*, std::shared_ptr<client_link>> links;
};

ensemble::ensemble(world& where, network& net, ensemble_config config)
    : parts_(std::make_unique<parts>(where, net, std::move(config)))
{
    auto& around = parts_->around;
    around.committed.on_change = &on_change;
    for (std::size_t i = 0; i < around.config.servers; ++i)
        around.servers.push_back(std::make_unique<simulation::server>(around, i));
    for (const auto& one : around.servers)
        one->boot();
}

ensemble::~ensemble()
{
    for (const auto& one : parts_->around.servers)
        one->let_go(); // while all servers are there: it tells the others
}

std::size_t ensemble::size() const noexcept
{
    return parts_->around.servers.size();
}

host& ensemble::server(std::size_t index)
{
    return *parts_->around.servers.at(index);
}

detail::endpoint ensemble::address(std::size_t index)
{
    return {address_prefix + std::to_string(index + 1), client_port_number};
}

std::optional<std::size_t> ensemble::index_of(const detail::endpoint& wanted)
{
    if (!wanted.address.starts_with(address_prefix) || wanted.port != client_port_number)
        return std::nullopt;
    std::size_t number = 0;
    for (const char c : wanted.address.substr(address_prefix.size())) {
        if (c < '0' || c > '9' || number > 1'000)
            return std::nullopt;
        number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    return number == 0 ? std::nullopt : std::optional(number - 1);
}

// ---- clients ----------------------------------------------------------------------------------

std::shared_ptr<connection>
ensemble::connect(host& client, std::size_t server, connect_request wanted, client_end& end)
{
    auto& around = parts_->around;
    std::erase_if(parts_->links, [](const auto& old) { return old.second->over(); });
    auto& to = *around.servers.at(server);
    auto link = std::make_shared<client_link>(++around.last_connection, end, std::move(wanted));
    link->open(around.net, client, to, to.clients());
    auto wire = link->wire();
    parts_->links.emplace(wire.get(), std::move(link));
    return wire;
}

void ensemble::submit(const std::shared_ptr<connection>& link, request wanted)
{
    const auto found = parts_->links.find(link.get());
    if (found != parts_->links.end())
        found->second->send(std::move(wanted));
}

// ---- faults -----------------------------------------------------------------------------------

void ensemble::kill(std::size_t server)
{
    parts_->around.servers.at(server)->crash();
}

void ensemble::restart(std::size_t server)
{
    auto& one = *parts_->around.servers.at(server);
    if (!one.alive())
        one.boot();
}

void ensemble::pause(std::size_t server)
{
    parts_->around.where.note("stopped", this->server(server).name());
    this->server(server).pause();
}

void ensemble::resume(std::size_t server)
{
    parts_->around.where.note("goes on", this->server(server).name());
    this->server(server).resume();
}

void ensemble::set_sync_to_disk(std::size_t server, nanoseconds time)
{
    parts_->around.servers.at(server)->sync_to_disk = time;
}

nanoseconds ensemble::tick() const
{
    return parts_->around.config.tick;
}

void ensemble::set_ping_lateness(nanoseconds most)
{
    parts_->around.ping_lateness = most;
}

void ensemble::throttle_next(std::size_t server, std::size_t requests)
{
    parts_->around.servers.at(server)->clients().throttle_next(requests);
}

void ensemble::miss_next_commit(std::size_t server)
{
    parts_->around.servers.at(server)->miss_next_commit();
}

void ensemble::expire_session(std::int64_t session_id)
{
    if (auto* const leader = parts_->serving_leader())
        leader->expire(session_id);
}

void ensemble::remove_by_operator(const std::string& path)
{
    if (auto* const leader = parts_->serving_leader())
        leader->submit_by_operator({.what = op::remove, .path = path});
}

void ensemble::create_by_operator(const std::string& path, const std::string& data)
{
    if (auto* const leader = parts_->serving_leader())
        leader->submit_by_operator({.what = op::create, .path = path, .data = data});
}

void ensemble::forbid_writing(const std::string& path)
{
    parts_->around.credentials.forbid_writing(parts_->around.paths.find(path));
}

void ensemble::check_containers_now()
{
    if (auto* const leader = parts_->serving_leader())
        leader->reap_containers();
}

void ensemble::set_next_sequence(const std::string& parent, std::int32_t next)
{
    if (auto* const leader = parts_->serving_leader())
        leader->set_next_sequence(parts_->around.paths.find(parent), next);
}

void ensemble::replace_next_session()
{
    parts_->around.replace_next_session = true;
}

// ---- what an observer sees --------------------------------------------------------------------

std::optional<std::size_t> ensemble::leader() const
{
    const auto* const role = parts_->serving_leader();
    return role == nullptr ? std::nullopt : std::optional(role->leader());
}

bool ensemble::serves(std::size_t server) const
{
    const auto& one = *parts_->around.servers.at(server);
    return one.runs() && one.serves();
}

namespace {

node_view view_of(const znode& node, const path_table& paths)
{
    node_view seen{paths.text(node.path), tree::stat_of(node), {}};
    if (node.owner == container_owner)
        seen.stat.ephemeral_owner = 0;
    if (node.data != nullptr)
        seen.data = *node.data;
    return seen;
}

std::vector<node_view>
all_below(const std::string& path, const tree& nodes, const path_table& paths)
{
    std::vector<node_view> seen;
    std::vector<path_id> next{paths.find(path)};
    while (!next.empty()) {
        const auto* const node = nodes.find(next.back());
        next.pop_back();
        if (node == nullptr)
            continue;
        for (const auto child : nodes.children(*node)) {
            seen.push_back(view_of(*nodes.find(child), paths));
            next.push_back(child);
        }
    }
    std::sort(seen.begin(), seen.end(), [](const node_view& a, const node_view& b) {
        return a.path < b.path;
    });
    return seen;
}

} // namespace

std::vector<node_view> ensemble::nodes_below(const std::string& path) const
{
    const auto& around = parts_->around;
    return all_below(path, around.committed.nodes(), around.paths);
}

std::vector<node_view> ensemble::nodes_at(std::size_t server, const std::string& path) const
{
    const auto& around = parts_->around;
    return all_below(path, around.servers.at(server)->nodes(), around.paths);
}

std::optional<node_view> ensemble::node(const std::string& path) const
{
    const auto& paths = parts_->around.paths;
    const auto* const node = parts_->around.committed.nodes().find(paths.find(path));
    return node == nullptr ? std::nullopt : std::optional(view_of(*node, paths));
}

std::size_t ensemble::sessions() const
{
    return parts_->around.committed.nodes().session_count();
}

// An old leader does not count once a new one has committed: it can expire nobody any more. A new
// one counts also while it stands still.
std::optional<time_point> ensemble::earliest_expiry(std::int64_t session) const
{
    const auto& around = parts_->around;
    const leader_role* newest = nullptr;
    for (const auto& one : around.servers) {
        const auto* const role = one->leading();
        if (role != nullptr && one->serves() &&
            (newest == nullptr || role->epoch() > newest->epoch()))
            newest = role;
    }
    if (newest == nullptr || newest->epoch() < around.committed.nodes().last_zxid() >> 32)
        return std::nullopt;
    return newest->earliest_expiry(session);
}

std::size_t ensemble::watches() const
{
    std::size_t sum = 0;
    for (const auto& one : parts_->around.servers)
        sum += one->clients().watches();
    return sum;
}

const ensemble::figures& ensemble::seen() const noexcept
{
    return parts_->around.figures;
}

} // namespace paddock::simulation
