#pragma once

/// Three servers and the clients, each in a network namespace of its own.

#include "test/chaos/chaos_ensemble.hpp"
#include "test/chaos/small_disk.hpp"
#include "test/support/network.hpp"
#include "test/support/server_process.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace paddock::test {

/// What the servers of a chaos run are started with.
struct chaos_server_setup {
    std::size_t clients = 4; ///< how many client namespaces to make
    std::chrono::milliseconds tick{500};
    std::filesystem::path folder; ///< for the disks of the servers; made if it is missing
};

/// Servers in namespaces, on small disks, with a switch for slow fsync.
///
/// How faults are made: processes get signals. `isolate` takes the ports of a server off the
/// switches, so frames go nowhere and nobody is told. `cut_client` gives the sender a wrong
/// hardware address for one receiver, so frames of one direction are dropped by everybody; that
/// works where neither packet filters nor queueing disciplines exist. A full disk is a tmpfs cut to
/// the size of what it holds. A slow disk is an fsync that a preloaded library delays.
/// Not done: steps of a clock. The server measures with `System.nanoTime` and clients with
/// `CLOCK_BOOTTIME`, which nothing can step, and a step of the wall clock would hit the machine.
class netns_chaos_ensemble final : public chaos_ensemble {
public:
    /// Whether the rights and tools are there; empty when they are.
    static const std::string& unavailable_reason();

    explicit netns_chaos_ensemble(const chaos_server_setup& setup);
    ~netns_chaos_ensemble() override;

    std::size_t size() const override { return servers_.size(); }
    std::string hosts() const override;
    std::string address(std::size_t server) const override;
    void kill(std::size_t server) override;
    void restart(std::size_t server) override;
    void pause(std::size_t server) override;
    void resume(std::size_t server) override;
    void isolate(std::size_t server) override;
    void heal(std::size_t server) override;
    std::optional<std::size_t> leader() override;
    void save_records(const std::filesystem::path& folder) override;

    bool can(capability what) const override;
    void isolate_from_peers(std::size_t server) override;
    void fill_disk(std::size_t server) override;
    void free_disk(std::size_t server) override;
    void slow_disk(std::size_t server) override;
    void fast_disk(std::size_t server) override;
    std::string client_namespace(std::size_t client) const override;
    void cut_client(std::size_t client, std::size_t server, way direction) override;
    void join_client(std::size_t client) override;

private:
    void add_server(std::size_t server, std::chrono::milliseconds tick);
    std::size_t client_node(std::size_t client) const;
    std::string neighbour(std::size_t node) const;

    std::filesystem::path folder_;
    std::size_t clients_;
    network network_;                                // before the servers, which run in it
    std::vector<std::unique_ptr<small_disk>> disks_; // and before them too
    std::vector<server_process> servers_;
    std::set<std::pair<std::size_t, std::size_t>> cuts_; // nodes: from, to
};

} // namespace paddock::test
