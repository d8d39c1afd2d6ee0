#pragma once

#include "test/simulation/client_link.hpp"
#include "test/simulation/committed_state.hpp"
#include "test/simulation/credential_table.hpp"
#include "test/simulation/ensemble.hpp"
#include "test/simulation/peer_link.hpp"
#include "test/simulation/tree.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace paddock::simulation {

class server;

/// What the servers of one ensemble have in common: the world they are in, and what only an
/// observer may ask for.
struct surroundings {
    surroundings(world& in, network& over, ensemble_config given)
        : where(in), net(over), config(std::move(given)), committed(paths, figures), snapshot(paths)
    {
    }

    std::size_t majority() const { return config.servers / 2 + 1; }
    /// Takes into the snapshot what all servers have on disk and in memory, now and then.
    void drop_old_log();

    world& where;
    network& net;
    const ensemble_config config;
    path_table paths;
    credential_table credentials;
    ensemble::figures figures;
    committed_state committed;
    /// What all logs begin after: the snapshot that a server starts from.
    tree snapshot;
    std::vector<std::shared_ptr<peer_link>> peer_links; // outlive the servers, which close them
    std::vector<std::unique_ptr<server>> servers;
    std::uint64_t last_connection{0};
    std::int64_t last_session{0};
    bool replace_next_session{false};
    nanoseconds ping_lateness{0};
};

} // namespace paddock::simulation
