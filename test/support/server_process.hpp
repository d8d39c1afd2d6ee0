#pragma once

/// One real ZooKeeper server, started by a test as a child process.

#include "test/support/child_process.hpp"
#include "test/support/socket.hpp"
#include "test/support/temp_folder.hpp"
#include "test/support/wait.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace paddock::test {

/// How a server is set up. The names follow ZooKeeper's own settings.
struct server_config {
    /// `tickTime`. The default allows session time-outs of 1 s (2 ticks) to 10 s (20 ticks).
    std::chrono::milliseconds tick{500};

    /// `initLimit`, in ticks: how long a follower may take to join its leader. Generous, since on a
    /// busy machine three servers that start together need seconds.
    int init_limit_ticks = 20;

    /// `syncLimit`, in ticks: how long a follower and its leader may be out of touch.
    int sync_limit_ticks = 10;

    /// `minSessionTimeout` and `maxSessionTimeout`; the server's defaults are 2 and 20 ticks.
    std::optional<std::chrono::milliseconds> session_timeout_min{};
    std::optional<std::chrono::milliseconds> session_timeout_max{};

    /// Further lines of `zoo.cfg`, such as `maxCnxns=5`.
    std::vector<std::string> config_lines{};

    /// Further Java properties, such as `znode.container.checkIntervalMs=200`.
    std::vector<std::string> java_properties{};

    /// Whether each write waits for the disk. Off: a killed server loses nothing that way, only a
    /// machine that loses power would, and writes are several times as fast.
    bool force_sync = false;

    int heap_mb_max = 256;
};

/// Where one server lives, and with whom.
struct server_place {
    endpoint client;                  ///< Where clients reach it.
    int id = 0;                       ///< Its number in the ensemble, from 1; 0 for standalone.
    std::vector<std::string> members; ///< The `server.N=...` lines; empty for standalone.
    std::string network_namespace;    ///< Empty: that of the test process.
};

/// A server with its own folder and port.
///
/// It keeps both while it is stopped, so a restarted server has its data and its address again.
/// Lifetime: the destructor kills the server and removes the folder; the server never outlives the
///   test process, however that ends.
/// Threads: one at a time.
class server_process {
public:
    /// A standalone server on a free loopback port, not started yet.
    explicit server_process(server_config config = {});

    /// A server at a place chosen by the caller, not started yet.
    server_process(server_config config, server_place place);

    server_process(server_process&&) = default;

    /// Starts the server and waits until it serves clients.
    ///
    /// Errors: `std::runtime_error` with the end of the server's log.
    void start(source_line where = source_line::current());

    /// Starts the server and returns at once: one member of an ensemble serves nobody alone.
    void launch();

    /// Waits until the server answers `srvr` with a mode.
    ///
    /// Errors: `std::runtime_error` with the end of the server's log, at once if it has ended.
    void wait_until_serving(source_line where = source_line::current());

    /// Kills the server (SIGKILL): its clients see their connections reset.
    void stop() noexcept;

    /// Stops, then starts on the same data and port.
    void restart(source_line where = source_line::current());

    /// Freezes the server (SIGSTOP): connections stay open and nobody answers.
    void pause(source_line where = source_line::current());
    void resume();

    /// Whether the process exists and is not paused.
    bool running() noexcept;

    const endpoint& client_endpoint() const noexcept { return place_.client; }
    std::string connect_string() const { return place_.client.text(); }
    const server_config& config() const noexcept { return config_; }
    pid_t pid() const noexcept;

    /// Where it runs: its configuration, log and data, whether or not it is running.
    const std::filesystem::path& folder() const noexcept { return folder_.path(); }

    /// The last lines the server logged.
    std::string log_tail() const;

private:
    std::filesystem::path log_file() const;

    server_config config_;
    server_place place_;
    temp_folder folder_; // before the process: it writes there until it is dead
    std::optional<child_process> process_;
    bool paused_ = false;
};

/// The text of `zoo.cfg`.
std::string config_text(const server_config& config,
                        const server_place& place,
                        const std::filesystem::path& data_folder);

/// Whether Java and the ZooKeeper jar are installed; `server_process` refuses to start without.
bool servers_available();

/// A standalone server for the tests of this process that leave it as it was.
///
/// Started by the first call, with the default `server_config`; ends with the process. A test that
/// stops or pauses its server makes one of its own.
/// Threads: any for this call; see `server_process` for what it returns.
server_process& shared_server();

/// Where it listens for clients.
inline const endpoint& server()
{
    return shared_server().client_endpoint();
}

} // namespace paddock::test
