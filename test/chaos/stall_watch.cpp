#include "test/chaos/stall_watch.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <execinfo.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <semaphore>
#include <sys/syscall.h>
#include <unistd.h>

namespace paddock::test {

namespace {

/// How long a thread may take to write its stack.
constexpr std::chrono::seconds writing{2};

std::binary_semaphore written{0};

void write_stack(int)
{
    std::array<void*, 64> frames{};
    ::backtrace_symbols_fd(
        frames.data(), ::backtrace(frames.data(), static_cast<int>(frames.size())), STDERR_FILENO);
    written.release(); // without a lock: allowed in a signal handler
}

// The library's thread takes no signals but by this.
void take_signal()
{
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, SIGUSR2);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
}

void write_stack_of(const std::filesystem::path& thread)
{
    std::string name;
    std::string waits_in;
    std::ifstream(thread / "comm") >> name;
    std::ifstream(thread / "wchan") >> waits_in;
    const auto id = std::stol(thread.filename());
    std::fprintf(stderr, "thread %ld (%s), in %s:\n", id, name.c_str(), waits_in.c_str());
    ::syscall(SYS_tgkill, ::getpid(), id, SIGUSR2);
    if (!written.try_acquire_for(writing))
        std::fprintf(stderr, "(takes no signal)\n");
}

} // namespace

stall_watch::stall_watch(std::vector<loop> loops, int limit)
    : loops_(std::move(loops)), limit_(limit)
{
    std::array<void*, 1> first{}; // loads what later calls, in signal handlers, must not
    ::backtrace(first.data(), 1);
    std::signal(SIGUSR2, write_stack);
    for (const auto& each : loops_)
        each.post(take_signal);
    thread_ = std::thread([this] { watch(); });
}

stall_watch::~stall_watch()
{
    ended_.release();
    thread_.join();
}

void stall_watch::watch()
{
    struct answer {
        std::shared_ptr<std::atomic<bool>> given;
        int ticks{0};
    };
    std::vector<answer> answers(loops_.size());
    while (!ended_.try_acquire_for(tick)) {
        for (std::size_t each = 0; each < loops_.size(); ++each) {
            auto& [given, ticks] = answers[each];
            if (!given || *given) {
                given = std::make_shared<std::atomic<bool>>(false);
                ticks = 0;
                loops_[each].post([given = given] { *given = true; });
            } else if (++ticks > limit_) {
                tell(loops_[each].name);
            }
        }
    }
}

void stall_watch::tell(const std::string& name)
{
    std::fprintf(stderr, "%s stands still; all threads:\n", name.c_str());
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task"))
        write_stack_of(thread.path());
    std::abort();
}

} // namespace paddock::test
