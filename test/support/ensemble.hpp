#pragma once

/// Several real ZooKeeper servers that form a quorum.

#include "test/support/four_letter.hpp"
#include "test/support/server_process.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace paddock::test {

/// An ensemble of one or three (or more) servers on loopback, each on free ports.
///
/// Lifetime: as `server_process`. Threads: one at a time.
class ensemble {
public:
    /// Makes `size` servers, not started yet. A single one is standalone.
    explicit ensemble(std::size_t size = 3, const server_config& config = {});

    /// Servers at places chosen by the caller, not started yet.
    ensemble(const std::vector<server_place>& places, const server_config& config);

    ensemble(ensemble&&) = default;

    /// Starts the servers that are not running and waits until all of them serve.
    ///
    /// Errors: `std::runtime_error` with the end of a server's log.
    void start(source_line where = source_line::current());

    /// Waits until a leader serves together with a majority.
    void wait_for_quorum(source_line where = source_line::current());

    /// Waits until every server that is running and not paused serves.
    void wait_for_all(source_line where = source_line::current());

    /// The index of the leader (of the only server, when standalone); waits until there is one.
    ///
    /// Limits: a leader that was cut off counts itself as one for up to `syncLimit` ticks. The
    ///   servers in `except` are not asked, so that its successor can be found.
    std::size_t leader(const std::set<std::size_t>& except = {},
                       source_line where = source_line::current());

    /// The index of any follower; waits for the leader first.
    std::size_t follower(source_line where = source_line::current());

    /// Kills one server; `servers[i].restart()` or `start()` brings it back.
    void kill(std::size_t index) noexcept { servers_.at(index).stop(); }

    /// Starts one server on its old data and waits until it serves.
    void restart(std::size_t index, source_line where = source_line::current());

    server_process& operator[](std::size_t index) { return servers_.at(index); }
    std::size_t size() const noexcept { return servers_.size(); }

    /// All servers, for a client: `host:port,host:port,host:port`.
    std::string connect_string() const;

    /// The sum of one `mntr` counter over the servers that run and are not paused.
    std::int64_t total(const std::string& counter_name);

    /// How many watches the running servers hold together.
    std::size_t watch_count();

    /// The sessions, as the leader knows them.
    std::set<session_id> session_ids();

    /// The paths of all ephemeral nodes, as the leader knows them.
    std::set<std::string> ephemerals();

private:
    std::vector<server_process> servers_;
};

/// A three-server ensemble for the tests of this process that leave it as it was.
///
/// As `shared_server()`: started by the first call, ends with the process.
ensemble& shared_ensemble();

} // namespace paddock::test
