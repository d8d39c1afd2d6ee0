#pragma once

/// A three-server ensemble whose servers can be cut off from each other.

#include "test/support/ensemble.hpp"
#include "test/support/network.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace paddock::test {

/// Three servers, each in a network namespace of its own, not started yet.
///
/// Servers talk to each other over one network, clients to servers over another, so a server can
/// lose its peers and keep its clients. Clients are ordinary sockets of the test process.
/// Lifetime: as `network` and `server_process`. Threads: one at a time.
class netns_ensemble {
public:
    /// ZooKeeper's usual tick and `syncLimit`: a cut-off server notices after 10 s.
    static server_config usual_config();

    /// Whether this process may make network namespaces; if not, tests skip with
    /// `unavailable_reason()`.
    static bool available() { return unavailable_reason().empty(); }
    static const std::string& unavailable_reason();

    /// Errors: `std::runtime_error` when the namespaces cannot be made.
    explicit netns_ensemble(const server_config& config = usual_config());

    /// Starts all servers and waits until they serve.
    void start(source_line where = source_line::current());

    /// The servers: leader, kill, restart, connect string, counters.
    ensemble& servers() noexcept { return servers_; }
    server_process& operator[](std::size_t index) { return servers_[index]; }
    std::size_t size() const noexcept { return servers_.size(); }
    std::string connect_string() const { return servers_.connect_string(); }

    /// Cuts a server off from its peers, silently; its clients stay.
    void isolate(std::size_t index) { network_.cut_peer_link(index); }

    /// Undoes `isolate`. The server is a member again once `servers().wait_for_all()` returns; a
    /// server that is isolated for less than `syncLimit` may not have noticed at all.
    void heal(std::size_t index) { network_.join_peer_link(index); }

    /// Cuts a server off from its clients, silently; its peers stay.
    void cut_client(std::size_t index) { network_.cut_client_link(index); }
    void heal_client(std::size_t index) { network_.join_client_link(index); }

private:
    network network_; // before the servers, which run in it
    ensemble servers_;
};

} // namespace paddock::test
