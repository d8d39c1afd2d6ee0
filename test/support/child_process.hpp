#pragma once

/// Programs started by a test, which never outlive it.

#include "test/support/wait.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace paddock::test {

/// What to run and where.
struct child_options {
    /// The program, by name (looked up as `find_program` does) or path, and its arguments.
    std::vector<std::string> argv{};

    /// `NAME=value` entries; they replace what the test process has under the same name.
    std::vector<std::string> env{};

    /// Working folder; empty means that of the test process.
    std::filesystem::path cwd{};

    /// File that takes standard output and error, appended; empty discards them.
    std::filesystem::path log{};

    /// A network namespace made by `ip netns add` to run in; empty means that of the test process.
    std::string network_namespace{};
};

/// One running program.
///
/// It is in a process group of its own, so Ctrl-C on a terminal reaches the test only, inherits no
/// descriptor but its log, and is killed by the kernel when the test process ends for any reason.
/// Lifetime: the destructor kills and reaps it.
/// Threads: one object is used by one thread at a time; any thread may start a program.
class child_process {
public:
    /// Starts the program; when this returns the program has been executed.
    ///
    /// Errors: `std::system_error` naming the step that failed.
    explicit child_process(const child_options& options);
    child_process(child_process&& other) noexcept;
    child_process& operator=(child_process&& other) noexcept;
    ~child_process();

    /// Sends a signal; does nothing once the program is known to have ended.
    void signal(int number);

    /// Stops the program (SIGSTOP) and returns when the kernel says it is stopped.
    void pause(source_line where = source_line::current());

    /// Lets a paused program go on (SIGCONT).
    void resume();

    /// Waits until the program has ended; returns its exit code, or 128 plus the signal's number.
    int wait(std::chrono::milliseconds limit = wait_limit,
             source_line where = source_line::current());

    /// Kills the program (SIGKILL) and reaps it; does nothing when that has happened already.
    void kill() noexcept;

    /// Whether the program has not ended; a paused program counts as running.
    bool running() noexcept;

    pid_t pid() const noexcept { return pid_; }

private:
    void take_status(int flags) noexcept;

    pid_t pid_ = -1; // -1: moved from
    std::optional<int> exit_code_;
    bool paused_ = false;
};

/// The full path of a program in `PATH`, `/usr/sbin` or `/sbin`; nothing when there is none.
///
/// The last two are where `ip` is, which a plain user's `PATH` often lacks.
std::optional<std::filesystem::path> find_program(std::string_view name);

/// Runs a program to its end and returns what it printed, standard error included.
///
/// Errors: `std::runtime_error` with that text when its exit code is not 0.
std::string run_program(const std::vector<std::string>& argv);

/// The last `lines_max` lines of a text file; empty when it cannot be read.
std::string tail_of(const std::filesystem::path& file, std::size_t lines_max = 40);

} // namespace paddock::test
