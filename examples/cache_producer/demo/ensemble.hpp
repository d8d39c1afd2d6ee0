#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace cache_producer {

/// Three ZooKeeper servers on free loopback ports, run by `scripts/ensemble`.
class ensemble {
public:
    /// Starts them and waits until they serve. Errors: `std::runtime_error`.
    ensemble(std::filesystem::path script,
             std::filesystem::path folder,
             std::chrono::milliseconds tick);
    ensemble(const ensemble&) = delete;
    ensemble& operator=(const ensemble&) = delete;

    /// Stops them and removes their folder.
    ~ensemble();

    const std::string& hosts() const noexcept { return hosts_; }

    /// The number of the server that leads; empty during an election.
    std::optional<int> leader() const;
    int serving() const; ///< how many serve now

    void kill(int number); ///< with SIGKILL
    void start(int number);

    /// The ephemeral znodes below `root`, of all sessions. Errors: `std::runtime_error`.
    std::vector<std::string> ephemerals(std::string_view root) const;

private:
    void shut_down() noexcept;
    std::string run(std::vector<std::string> command);
    std::string mode(int number) const;
    std::filesystem::path folder_of(int number) const;
    pid_t pid_of(int number) const;

    std::filesystem::path script_;
    std::filesystem::path folder_;
    std::chrono::milliseconds tick_;
    std::string hosts_;
};

} // namespace cache_producer
