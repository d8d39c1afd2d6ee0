#pragma once

/// Ends a chaos client that stands still by itself, and says where.

#include <chrono>
#include <functional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace paddock::test {

/// A thread that asks each event loop of the process to run a function, again and again.
///
/// When one has not done so for `limit` of the watch's own ticks, the stack of every thread goes to
/// stderr and the process aborts: what stands still must not be taken for what waits, nor be hidden
/// by the kill that was planned for it. A process that is stopped, or finds no core, does not tick.
class stall_watch {
public:
    struct loop {
        std::string name;
        std::function<void(std::function<void()>)> post;
    };

    static constexpr std::chrono::milliseconds tick{100};

    /// The default is longer than a session lives without a sign.
    explicit stall_watch(std::vector<loop> loops, int limit = 40);
    ~stall_watch();
    stall_watch(const stall_watch&) = delete;
    stall_watch& operator=(const stall_watch&) = delete;

private:
    void watch();
    [[noreturn]] static void tell(const std::string& name);

    const std::vector<loop> loops_;
    const int limit_;
    std::binary_semaphore ended_{0};
    std::thread thread_; // last: it uses the rest
};

} // namespace paddock::test
