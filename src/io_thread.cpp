#include "src/io_thread.hpp"

#include "src/log.hpp"
#include "src/resolver.hpp"
#include "src/zk_driver.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

#include <chrono>
#include <pthread.h>
#include <signal.h>
#include <utility>

namespace paddock::detail {
namespace asio = boost::asio;
namespace {

// How long the end of the process waits for sessions to be closed at the ensemble, so that others
// need not wait for them to expire. A close takes 2 s at most (zk_driver_close.cpp), one that first
// removes its contenders a little longer; a supervisor's patience is 10 s, typically.
constexpr std::chrono::seconds farewell{5};

// The program's signals are for the program: its handlers must not run here, where they would delay
// every session, and no system call must end early for them. Those that a fault of this very thread
// raises stay, for the program's crash handler.
class signals_blocked {
public:
    signals_blocked()
    {
        sigset_t all;
        ::sigfillset(&all);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
            ::sigdelset(&all, fault);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace

std::shared_ptr<runtime> io_thread::instance()
{
    // Ends the thread with the process even if somebody still holds it.
    struct owner {
        std::shared_ptr<io_thread> thread{std::make_shared<io_thread>()};
        ~owner() { thread->shut_down(); }
    };
    static const owner only;
    return only.thread;
}

io_thread::io_thread()
    : io_(std::make_unique<asio::io_context>(1)), work_(io_->get_executor()),
      timers_(std::make_unique<timer_queue>(*io_))
{
    // Made now, the thread pool of `signal` is destroyed after us.
    static_cast<void>(asio::system_executor().context());
    start();
}

io_thread::~io_thread()
{
    shut_down();
    if (inside()) { // exit() was called there: the thread is still using all of it
        static_cast<void>(timers_.release());
        static_cast<void>(io_.release());
        return;
    }
    timers_->clear();
    work_.reset();
    // With it goes what is queued, and with that perhaps clients, which still ask for the rest.
    timers_.reset();
    io_.reset();
}

void io_thread::start()
{
    const signals_blocked for_the_new_thread; // it inherits them, as does Asio's resolver thread
    thread_ = std::thread([this] {
        thread_id_ = std::this_thread::get_id();
        io_->run();
    });
    ::pthread_setname_np(thread_.native_handle(), "paddock");
}

void io_thread::shut_down()
{
    if (ended_ || !thread_.joinable())
        return;
    if (inside()) { // somebody calls exit() there: it cannot wait for itself
        ended_ = true;
        io_->stop();
        return thread_.detach();
    }
    {
        std::unique_lock lock(closings_->mutex);
        if (!closings_->none_left.wait_for(
                lock, farewell, [this] { return closings_->count == 0; }))
            log_warn("the process ends with sessions that are not closed; they will expire");
    }
    ended_ = true;
    io_->stop();
    thread_.join();
}

void io_thread::post(task work)
{
    if (!ended_)
        asio::post(*io_, std::move(work));
}

bool io_thread::inside() const noexcept
{
    return thread_id_.load() == std::this_thread::get_id();
}

void io_thread::signal(task work)
{
    asio::post(asio::system_executor(), std::move(work));
}

runtime::timer_id io_thread::call_at(time_point when, task work)
{
    return timers_->call_at(when, std::move(work));
}

void io_thread::cancel(timer_id timer)
{
    if (timers_) // a client that is destroyed with the thread's queue
        timers_->cancel(timer);
}

std::uint64_t io_thread::random()
{
    return random_();
}

void io_thread::resolve(std::vector<endpoint> hosts, resolved handler)
{
    resolve_hosts(*io_, std::move(hosts), std::move(handler));
}

std::shared_ptr<zk_client> io_thread::make_client(client_config config, zk_events& events)
{
    return make_zk_driver(*io_, *this, std::move(config), events);
}

std::shared_ptr<void> io_thread::closing_guard()
{
    {
        const std::lock_guard lock(closings_->mutex);
        ++closings_->count;
    }
    // A counter rather than the guard's own life: the end of the process must not wait for objects.
    return std::shared_ptr<void>(nullptr, [closings = closings_](void*) {
        const std::lock_guard lock(closings->mutex);
        if (--closings->count == 0)
            closings->none_left.notify_all();
    });
}

} // namespace paddock::detail
