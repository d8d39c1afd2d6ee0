#include "demo/child_process.hpp"

#include "stoppable_wait.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cache_producer {

namespace {

constexpr std::chrono::milliseconds poll_interval{5};
constexpr int exec_failed = 127; // what a shell reports for a program that it cannot start

int open_or_throw(const std::filesystem::path& path, int flags)
{
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (fd < 0)
        throw std::system_error(errno, std::generic_category(), path.string());
    return fd;
}

std::vector<char*> pointers(std::vector<std::string>& words)
{
    std::vector<char*> result;
    for (auto& word : words)
        result.push_back(word.data());
    result.push_back(nullptr);
    return result;
}

/// All that the child needs, made before the fork: between fork and exec only system calls are
/// allowed, because another thread may have held the allocator's lock.
struct prepared {
    std::vector<std::string> words;
    std::vector<char*> argv;
    std::vector<std::pair<std::string, std::string>> environment;
    int input;
    int output;
    int error;
    int death_signal;
    pid_t parent;
};

prepared prepare(const child_options& options)
{
    prepared child{options.argv, {}, {}, -1, -1, -1, options.death_signal, ::getpid()};
    child.argv = pointers(child.words);
    child.input = open_or_throw("/dev/null", O_RDONLY);
    child.error = open_or_throw(options.log, O_WRONLY | O_CREAT | O_APPEND);
    child.output = options.output.empty()
                       ? child.error
                       : open_or_throw(options.output, O_WRONLY | O_CREAT | O_TRUNC);
    return child;
}

[[noreturn]] void become_program(const prepared& child, char* const* environment)
{
    ::prctl(PR_SET_PDEATHSIG, child.death_signal);
    if (::getppid() != child.parent) // it ended before the line above took effect
        ::_exit(exec_failed);
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(child.input, STDIN_FILENO);
    ::dup2(child.output, STDOUT_FILENO);
    ::dup2(child.error, STDERR_FILENO);
    // A client library's socket is not marked: in the child it would keep the connection open.
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::execvpe(child.argv[0], child.argv.data(), environment);
    ::_exit(exec_failed);
}

std::vector<std::string> merged(const std::vector<std::string>& own)
{
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        bool replaced = false;
        for (const auto& mine : own)
            replaced = replaced || mine.starts_with(text.substr(0, text.find('=') + 1));
        if (!replaced)
            all.emplace_back(text);
    }
    all.insert(all.end(), own.begin(), own.end());
    return all;
}

} // namespace

child_process::child_process(child_options options)
{
    auto environment = merged(options.environment);
    const auto environment_pointers = pointers(environment);
    const auto child = prepare(options);
    pid_ = ::fork();
    if (pid_ == 0)
        become_program(child, environment_pointers.data());
    const int error = errno;
    ::close(child.input);
    ::close(child.error);
    if (child.output != child.error)
        ::close(child.output);
    if (pid_ < 0)
        throw std::system_error(error, std::generic_category(), "fork");
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_)
{
}

child_process& child_process::operator=(child_process&& other) noexcept
{
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        exit_code_ = other.exit_code_;
    }
    return *this;
}

child_process::~child_process()
{
    end();
}

bool child_process::running()
{
    return !wait(std::chrono::milliseconds(0));
}

void child_process::send(int signal)
{
    if (running())
        ::kill(pid_, signal);
}

std::optional<int> child_process::wait(std::chrono::milliseconds limit)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!exit_code_ && pid_ > 0) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_)
            exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        else if (std::chrono::steady_clock::now() >= deadline)
            break;
        else
            wait_or_stop({}, poll_interval);
    }
    return exit_code_;
}

void child_process::end() noexcept
{
    if (pid_ <= 0 || exit_code_)
        return;
    ::kill(pid_, SIGKILL); // also ends a stopped process
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

int run_to_end(child_options options, std::chrono::seconds limit)
{
    const auto name = options.argv.front();
    child_process child(std::move(options));
    if (const auto code = child.wait(limit))
        return *code;
    throw std::runtime_error(name + " did not end within " + std::to_string(limit.count()) + " s");
}

} // namespace cache_producer
