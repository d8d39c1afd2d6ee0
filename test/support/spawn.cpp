#include "test/support/spawn.hpp"

#include "test/support/child_process.hpp"
#include "test/support/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <functional>
#include <future>
#include <mutex>
#include <sched.h>
#include <stop_token>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace paddock::test {

namespace {

/// The one thread that forks.
///
/// PR_SET_PDEATHSIG follows the thread that forked, not its process: a server started by a helper
/// thread would be killed when that thread returns. This thread lasts until the process ends.
class forking_thread {
public:
    static forking_thread& instance()
    {
        // Never destroyed: servers that are static themselves clean up with a program at the end.
        static auto& the_one = *new forking_thread;
        return the_one;
    }

    pid_t run(std::function<pid_t()> fork)
    {
        std::packaged_task<pid_t()> task(std::move(fork));
        auto result = task.get_future();
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
        }
        changed_.notify_one();
        return result.get();
    }

private:
    void work(const std::stop_token& stop)
    {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [this] { return !tasks_.empty(); })) {
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::packaged_task<pid_t()>> tasks_;
    std::jthread thread_{
        [this](const std::stop_token& stop) { work(stop); }}; // last: uses the rest
};

enum class step { death_signal, parent_gone, enter_namespace, redirect, change_folder, execute };

constexpr std::array step_names{"prctl", "parent ended", "setns", "dup2", "chdir", "execve"};

struct failure {
    step where;
    int error;
};

/// Everything the child needs, made before the fork: after it only system calls are allowed, since
/// another thread may have held the allocator's lock.
struct prepared {
    std::filesystem::path program;
    std::vector<std::string> argv_text;
    std::vector<std::string> env_text;
    std::vector<char*> argv;
    std::vector<char*> env;
    unique_fd input;
    unique_fd output;
    unique_fd name_space; // empty: stay
    unique_fd report_read;
    unique_fd report_write;
    std::filesystem::path cwd;
    pid_t parent = ::getpid();
};

unique_fd open_or_throw(const std::filesystem::path& path, int flags)
{
    unique_fd fd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
    if (!fd)
        throw std::system_error(errno, std::generic_category(), "open " + path.string());
    return fd;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (auto& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::string name_in(const std::string& entry)
{
    return entry.substr(0, entry.find('=') + 1);
}

std::vector<std::string> merged_environment(const std::vector<std::string>& own)
{
    std::vector<std::string> result = own;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const auto same_name = [&](const std::string& o) { return name_in(o) == name_in(text); };
        if (std::none_of(own.begin(), own.end(), same_name))
            result.push_back(text);
    }
    return result;
}

void open_descriptors(prepared& child, const child_options& options)
{
    const auto log = options.log.empty() ? std::filesystem::path("/dev/null") : options.log;
    child.input = open_or_throw("/dev/null", O_RDONLY);
    child.output = open_or_throw(log, O_WRONLY | O_CREAT | O_APPEND);
    if (!options.network_namespace.empty())
        child.name_space = open_or_throw(
            std::filesystem::path("/run/netns") / options.network_namespace, O_RDONLY);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    child.report_read = unique_fd(ends[0]);
    child.report_write = unique_fd(ends[1]);
}

prepared prepare(const child_options& options)
{
    const auto program = find_program(options.argv.at(0));
    if (!program)
        throw std::system_error(ENOENT, std::generic_category(), options.argv[0]);
    prepared child;
    child.program = *program;
    child.argv_text = options.argv;
    child.env_text = merged_environment(options.env);
    child.argv = pointers(child.argv_text);
    child.env = pointers(child.env_text);
    child.cwd = options.cwd;
    open_descriptors(child, options);
    return child;
}

/// Does all that a child does before it becomes the program; returns only on failure.
failure become_program(const prepared& child)
{
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return {step::death_signal, errno};
    if (::getppid() != child.parent) // it ended before the line above took effect
        return {step::parent_gone, 0};
    ::setpgid(0, 0);

    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);

    if (child.name_space && ::setns(child.name_space.get(), CLONE_NEWNET) != 0)
        return {step::enter_namespace, errno};
    if (::dup2(child.input.get(), 0) < 0 || ::dup2(child.output.get(), 1) < 0 ||
        ::dup2(child.output.get(), 2) < 0)
        return {step::redirect, errno};
    if (!child.cwd.empty() && ::chdir(child.cwd.c_str()) != 0)
        return {step::change_folder, errno};

    // A descriptor the test process forgot to mark (a client's socket) would keep that connection
    // open after the test closed it.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(child.program.c_str(), child.argv.data(), child.env.data());
    return {step::execute, errno};
}

pid_t fork_and_execute(const prepared& child)
{
    const pid_t pid = ::fork();
    if (pid < 0)
        throw std::system_error(errno, std::generic_category(), "fork");
    if (pid > 0)
        return pid;
    const failure failed = become_program(child);
    [[maybe_unused]] const auto written =
        ::write(child.report_write.get(), &failed, sizeof failed); // a pipe takes this whole
    ::_exit(127);
}

} // namespace

pid_t spawn(const child_options& options)
{
    prepared child = prepare(options);
    const pid_t pid = forking_thread::instance().run([&child] { return fork_and_execute(child); });

    child.report_write.reset();
    failure failed{};
    ssize_t got = 0;
    do {
        got = ::read(child.report_read.get(), &failed, sizeof failed);
    } while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(sizeof failed))
        return pid; // the pipe closed at exec: the program runs

    ::waitpid(pid, nullptr, 0);
    throw std::system_error(failed.error,
                            std::generic_category(),
                            child.program.string() + ": " +
                                step_names[static_cast<std::size_t>(failed.where)]);
}

} // namespace paddock::test
