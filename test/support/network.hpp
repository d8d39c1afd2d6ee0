#pragma once

/// Network namespaces with links that a test can cut.

#include "test/support/unique_fd.hpp"

#include <cstddef>
#include <string>

namespace paddock::test {

/// Some nodes, each in a network namespace of its own, joined by two switches.
///
/// Every node has a link to the peers' switch, seen by nodes only, and one to the clients' switch,
/// on which the test process is too. A link is cut at the switch: the cable stays in, its frames go
/// nowhere, and neither end is told. That is what a real partition looks like; a link set down
/// would give the node errors at once.
///
///     node i: peer  10.77.0.i   -- switch "peers"
///             client 198.18.N.i -- switch "clients" -- test process 198.18.N.254
///
/// 198.18.0.0/15 is set aside for tests of networks (RFC 2544), so it hides nothing of the host's;
/// N is claimed for this process.
/// Limits: at most 200 nodes. Needs root and `ip`; see `unavailable_reason()`.
/// Lifetime: the destructor removes everything. What a crashed process left is removed by the next
///   `network`, which finds its process id in the names.
class network {
public:
    /// Errors: `std::runtime_error` with what `ip` printed; then nothing is left behind.
    explicit network(std::size_t nodes);
    network(const network&) = delete;
    network& operator=(const network&) = delete;
    ~network();

    std::string namespace_of(std::size_t node) const;
    std::string peer_address(std::size_t node) const;
    std::string client_address(std::size_t node) const;

    /// Cuts a node off from the other nodes, or joins it again.
    void cut_peer_link(std::size_t node);
    void join_peer_link(std::size_t node);

    /// Cuts a node off from the test process, or joins it again.
    void cut_client_link(std::size_t node);
    void join_client_link(std::size_t node);

private:
    void build();
    void build_switches();
    void attach_host();
    void attach_node(std::size_t node);
    void remove() noexcept;
    std::string switch_namespace() const;
    std::string host_interface() const;

    std::size_t nodes_;
    std::string prefix_; // of all names: "paddock-<process id>-<number>-"
    int subnet_ = 0;     // N above
    unique_fd subnet_claim_;
};

/// Why this process cannot make a `network`; empty when it can. Tried once, then remembered.
const std::string& network_unavailable_reason();

} // namespace paddock::test
