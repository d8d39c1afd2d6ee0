#pragma once

/// The servers of a chaos run, and every way to hurt them.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace paddock::test {

/// Three (or more) real servers, running and serving once constructed.
///
/// Every fault may be called in any state of the server and returns when it has taken effect (not
/// when the ensemble has noticed); so does every cure. Faults of one server combine: a server that
/// is paused and isolated is resumed and healed one by one. A fault that is there already, and a
/// cure of nothing, do nothing.
/// Errors: `std::runtime_error` with what the tool printed.
/// Lifetime: the destructor removes all of it: processes, networks, folders, containers.
/// Threads: one at a time.
class chaos_ensemble {
public:
    chaos_ensemble() = default;
    chaos_ensemble(const chaos_ensemble&) = delete;
    chaos_ensemble& operator=(const chaos_ensemble&) = delete;
    virtual ~chaos_ensemble() = default;

    virtual std::size_t size() const = 0;

    /// All servers as a client process of the run reaches them: `host:port,host:port,host:port`.
    virtual std::string hosts() const = 0;

    /// One server as the driver reaches it, for four-letter words and clean-up: `host:port`.
    virtual std::string address(std::size_t server) const = 0;

    /// Ends a server at once (SIGKILL). Its data stays.
    virtual void kill(std::size_t server) = 0;

    /// Starts a killed server on its data and returns without waiting until it serves.
    virtual void restart(std::size_t server) = 0;

    /// Freezes a server (SIGSTOP): connections stay open and nobody answers.
    virtual void pause(std::size_t server) = 0;
    virtual void resume(std::size_t server) = 0;

    /// Cuts a server off from its peers and from all clients, silently; its process runs on.
    virtual void isolate(std::size_t server) = 0;

    /// Undoes `isolate` and `isolate_from_peers`.
    virtual void heal(std::size_t server) = 0;

    /// The server that leads; nothing when none of those that can be reached says so. Bounded to a
    /// few seconds. A leader that was cut off may still say so for a while.
    virtual std::optional<std::size_t> leader() = 0;

    /// Copies what the servers logged and stored into `folder`, for a person who asks what they
    /// did.
    virtual void save_records(const std::filesystem::path& /*folder*/) {}

    // ---- what only some ensembles can do; `can` says so before a run draws its faults
    // ------------

    enum class capability {
        isolate_from_peers, ///< the server keeps its clients
        fill_disk,          ///< writes of the server fail for want of space
        slow_disk,          ///< each fsync of the server takes long
        cut_clients,        ///< client processes can be cut off from some or all servers
        one_way_cuts,       ///< cuts of one direction only
    };
    virtual bool can(capability) const { return false; }

    /// Cuts a server off from its peers only: it goes on answering its clients.
    virtual void isolate_from_peers(std::size_t) {}

    /// Leaves no room in the server's data folder, or makes room again.
    ///
    /// A server that cannot write ends itself: `free_disk` does not start it, `restart` does.
    virtual void fill_disk(std::size_t) {}
    virtual void free_disk(std::size_t) {}

    /// Makes each fsync of the server slow, or as fast as the disk again.
    virtual void slow_disk(std::size_t) {}
    virtual void fast_disk(std::size_t) {}

    /// The network namespace that client process number `client` must run in; empty: the driver's.
    virtual std::string client_namespace(std::size_t /*client*/) const { return {}; }

    enum class way { both, to_server, to_client };

    /// Cuts client process number `client` off from one server, silently; `join_client` undoes all.
    virtual void cut_client(std::size_t /*client*/, std::size_t /*server*/, way) {}
    virtual void join_client(std::size_t /*client*/) {}
};

} // namespace paddock::test
