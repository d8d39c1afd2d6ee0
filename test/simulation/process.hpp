#pragma once

#include "src/runtime.hpp"
#include "src/session_core.hpp"
#include "test/simulation/ensemble.hpp"
#include "test/simulation/network.hpp"
#include "test/simulation/request_faults.hpp"
#include <paddock/session.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace paddock::simulation {

class process;

/// The I/O thread of a process, in virtual time and on the process's own clock.
class virtual_runtime final : public detail::runtime {
public:
    explicit virtual_runtime(process& owner) : owner_(&owner) {}

    time_point now() const noexcept override;
    void post(detail::runtime::task work) override;
    bool inside() const noexcept override;
    void signal(detail::runtime::task work) override;
    timer_id call_at(time_point when, detail::runtime::task work) override;
    void cancel(timer_id timer) override;
    std::uint64_t random() override;
    void resolve(std::vector<detail::endpoint> hosts, resolved handler) override;
    std::shared_ptr<detail::zk_client> make_client(detail::client_config config,
                                                   detail::zk_events& events) override;
    std::shared_ptr<void> closing_guard() override { return std::make_shared<int>(0); }

    /// The process is gone: nothing more happens.
    void detach() noexcept { owner_ = nullptr; }

private:
    process* owner_;
};

/// A program that uses Paddock: its I/O thread, its own executor, its clock, its sessions.
class process final : public host {
public:
    struct surroundings {
        world& where;
        network& net;
        ensemble& servers;
        request_faults& faults;
    };

    /// `drift`: how much faster its clock runs, in parts per million.
    process(surroundings around, std::string name, std::int64_t drift_ppm);
    ~process() override;

    /// A session of the public kind, over the simulated ensemble.
    session open_session(session_config config);

    /// Runs user code, as a thread of the program would. What it posts runs afterwards.
    void run_as_user(const std::function<void()>& work);
    /// The same later, if the process lives then.
    world::event_id user_at(time_point when, std::function<void()> work);

    boost::asio::io_context::executor_type executor() { return context_->get_executor(); }

    /// What its clock shows, and when by the world's it will show that.
    time_point local_now() const noexcept { return local(world_.now()); }
    time_point local(time_point global) const noexcept;
    time_point global(time_point local) const noexcept;

    /// Stops it like SIGSTOP, and lets it go on.
    void stop();
    void go_on();
    /// Whether it was stopped at any time since.
    bool pauses_since(time_point when) const noexcept { return paused() || last_stopped_ >= when; }

    /// Runs `then` when so many more things have happened here; 0: never.
    void die_after(std::uint64_t steps, std::function<void()> then);

    /// Ends it like SIGKILL: its kernel closes its connections, nothing else is told to anybody.
    void die();

    const surroundings& around() const noexcept { return around_; }
    random_source& chance() noexcept { return chance_; }
    const std::vector<std::weak_ptr<detail::session_core>>& cores() const noexcept
    {
        return cores_;
    }

private:
    friend class virtual_runtime;
    void settle() override;

    surroundings around_;
    const std::int64_t drift_ppm_;
    random_source chance_;
    std::shared_ptr<boost::asio::io_context> context_;
    std::shared_ptr<virtual_runtime> runtime_;
    std::vector<std::weak_ptr<detail::session_core>> cores_;
    std::uint64_t steps_left_{0};
    std::function<void()> last_step_;
    bool as_user_{false};
    time_point last_stopped_{}; // the end of the last stop
};

} // namespace paddock::simulation
