#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cache_producer {

struct child_options {
    std::vector<std::string> argv;  ///< the program, searched in PATH, and its arguments
    std::filesystem::path log;      ///< standard output and error; appended
    std::filesystem::path output{}; ///< standard output alone, if it is not to go to the log
    std::vector<std::string> environment{}; ///< `NAME=value`, beside what this process has
    int death_signal{SIGKILL};              ///< what it gets if this process dies first
};

/// A child process that does not outlive this object, nor this process.
///
/// It has a process group of its own, so that a Ctrl-C in the terminal reaches the demo alone,
/// which ends its children in order. Threads: one. It must be made on a thread that lasts as long
/// as the child may: the kernel sends
///   the death signal when the thread that forked has ended.
/// Source: prctl(2), PR_SET_PDEATHSIG.
class child_process {
public:
    /// Errors: `std::system_error`.
    explicit child_process(child_options options);
    child_process(child_process&& other) noexcept;
    child_process& operator=(child_process&& other) noexcept;

    /// Kills it if it still runs.
    ~child_process();

    pid_t pid() const noexcept { return pid_; }
    bool running();

    /// Sends a signal, unless it has ended.
    void send(int signal);

    /// Waits for its end for at most `limit`; gives its exit code, or 128 and the signal that ended
    /// it, or nothing while it runs.
    std::optional<int> wait(std::chrono::milliseconds limit);

private:
    void end() noexcept;

    pid_t pid_{-1};
    std::optional<int> exit_code_;
};

/// The exit code of a program that is run to its end. Errors: `std::runtime_error`, past `limit`.
int run_to_end(child_options options, std::chrono::seconds limit);

} // namespace cache_producer
