#include "test/support/child_process.hpp"

#include "test/support/spawn.hpp"
#include "test/support/temp_folder.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace paddock::test {

child_process::child_process(const child_options& options) : pid_(spawn(options)) {}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_), paused_(other.paused_)
{
}

child_process& child_process::operator=(child_process&& other) noexcept
{
    if (this != &other) {
        kill();
        pid_ = std::exchange(other.pid_, -1);
        exit_code_ = other.exit_code_;
        paused_ = other.paused_;
    }
    return *this;
}

child_process::~child_process()
{
    kill();
}

void child_process::signal(int number)
{
    // A program that has ended but was not reaped keeps its number, so this cannot hit a stranger.
    if (running())
        ::kill(pid_, number);
}

void child_process::pause(source_line where)
{
    signal(SIGSTOP);
    const auto stopped = [this] {
        take_status(WNOHANG | WUNTRACED);
        return paused_ || exit_code_;
    };
    wait_until(stopped, wait_limit, where);
}

void child_process::resume()
{
    signal(SIGCONT);
    paused_ = false;
}

int child_process::wait(std::chrono::milliseconds limit, source_line where)
{
    wait_until([this] { return !running(); }, limit, where);
    return exit_code_.value_or(-1);
}

void child_process::kill() noexcept
{
    if (!running())
        return;
    ::kill(pid_, SIGKILL);
    take_status(0);
}

bool child_process::running() noexcept
{
    if (pid_ > 0 && !exit_code_)
        take_status(WNOHANG);
    return pid_ > 0 && !exit_code_;
}

void child_process::take_status(int flags) noexcept
{
    int status = 0;
    pid_t result = 0;
    do {
        result = ::waitpid(pid_, &status, flags);
    } while (result < 0 && errno == EINTR);

    if (result < 0)
        exit_code_ = -1; // reaped by somebody else: the number is no longer ours to signal
    else if (result == pid_ && WIFSTOPPED(status))
        paused_ = true;
    else if (result == pid_ && WIFEXITED(status))
        exit_code_ = WEXITSTATUS(status);
    else if (result == pid_ && WIFSIGNALED(status))
        exit_code_ = 128 + WTERMSIG(status);
}

std::optional<std::filesystem::path> find_program(std::string_view name)
{
    if (name.find('/') != std::string_view::npos)
        return std::filesystem::path(name);

    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path ? path : "/usr/bin:/bin") + ":/usr/sbin:/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const auto candidate = std::filesystem::path(folder) / name;
        if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return std::nullopt;
}

std::string run_program(const std::vector<std::string>& argv)
{
    const temp_folder folder;
    const auto log = folder.path() / "output";
    child_process child({.argv = argv, .env = {}, .cwd = {}, .log = log, .network_namespace = {}});
    const int code = child.wait();

    std::ostringstream output;
    output << std::ifstream(log).rdbuf();
    if (code == 0)
        return output.str();
    std::string message = "exit code " + std::to_string(code) + " of:";
    for (const auto& word : argv)
        message += " " + word;
    throw std::runtime_error(message + "\n" + output.str());
}

std::string tail_of(const std::filesystem::path& file, std::size_t lines_max)
{
    std::ifstream in(file);
    std::deque<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(std::move(line));
        if (lines.size() > lines_max)
            lines.pop_front();
    }
    std::string text;
    for (const auto& line : lines)
        text += line + "\n";
    return text;
}

} // namespace paddock::test
