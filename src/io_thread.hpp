#pragma once

#include "src/runtime.hpp"
#include "src/timer_queue.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

namespace paddock::detail {

/// The one thread of the process on which all sessions live: the C client's handles share state
/// that has no locks.
///
/// It starts with the first use and ends with the process, after waiting up to 5 s for sessions
/// that are closing. It blocks all signals: those of the program go to the program's threads.
class io_thread final : public runtime {
public:
    /// Threads: any.
    static std::shared_ptr<runtime> instance();

    io_thread();
    ~io_thread() override;
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    time_point now() const noexcept override { return boot_clock::now(); }
    void post(task work) override;
    bool inside() const noexcept override;
    void signal(task work) override;
    timer_id call_at(time_point when, task work) override;
    void cancel(timer_id timer) override;
    std::uint64_t random() override;
    void resolve(std::vector<endpoint> hosts, resolved handler) override;
    std::shared_ptr<zk_client> make_client(client_config config, zk_events& events) override;
    std::shared_ptr<void> closing_guard() override;

    /// Waits for closing sessions, bounded, and ends the thread; later posts go nowhere.
    void shut_down();

private:
    /// Counts what is closing. Held by the guards too, which may outlive the thread.
    struct closings {
        std::mutex mutex;
        std::condition_variable none_left;
        std::size_t count{0};
    };

    void start();

    // A pointer, because it must go first: what is still queued uses the rest when it is destroyed.
    std::unique_ptr<boost::asio::io_context> io_;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    std::unique_ptr<timer_queue> timers_;
    std::mt19937_64 random_{std::random_device{}()};
    std::shared_ptr<closings> closings_{std::make_shared<closings>()};
    std::atomic<bool> ended_{false};
    std::atomic<std::thread::id> thread_id_{};
    std::thread thread_;
};

} // namespace paddock::detail
