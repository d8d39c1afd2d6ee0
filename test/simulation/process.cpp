#include "test/simulation/process.hpp"

#include "src/session_access.hpp"
#include "test/simulation/simulated_client.hpp"

#include <utility>

namespace paddock::simulation {
namespace {

// How long after the I/O thread asked for it a thread of the pool runs a stop callback.
constexpr nanoseconds signal_delay_max = 200us;

constexpr time_point beginning{std::chrono::seconds(1'000)};
constexpr std::int64_t million = 1'000'000;

} // namespace

// ---- the runtime -------------------------------------------------------------------------------

time_point virtual_runtime::now() const noexcept
{
    return owner_ != nullptr ? owner_->local_now() : beginning;
}

void virtual_runtime::post(detail::runtime::task work)
{
    if (owner_ != nullptr)
        owner_->world_.at(*owner_, owner_->world_.now(), std::move(work));
}

bool virtual_runtime::inside() const noexcept
{
    return owner_ != nullptr && !owner_->as_user_;
}

void virtual_runtime::signal(detail::runtime::task work)
{
    if (owner_ == nullptr)
        return;
    const auto delay = owner_->chance_.between(0ns, signal_delay_max);
    owner_->user_at(owner_->world_.now() + delay, std::move(work));
}

detail::runtime::timer_id virtual_runtime::call_at(time_point when, detail::runtime::task work)
{
    if (owner_ == nullptr)
        return 1;
    return owner_->world_.at(*owner_, owner_->global(when), std::move(work));
}

void virtual_runtime::cancel(timer_id timer)
{
    if (owner_ != nullptr)
        owner_->world_.cancel(timer);
}

std::uint64_t virtual_runtime::random()
{
    return owner_ != nullptr ? owner_->chance_.next() : 0;
}

void virtual_runtime::resolve(std::vector<detail::endpoint> hosts, resolved handler)
{
    post([hosts = std::move(hosts), handler = std::move(handler)] { handler(hosts); });
}

std::shared_ptr<detail::zk_client> virtual_runtime::make_client(detail::client_config config,
                                                                detail::zk_events& events)
{
    if (owner_ == nullptr)
        return nullptr;
    auto client = std::make_shared<simulated_client>(*owner_, std::move(config), events);
    client->start();
    return client;
}

// ---- the process -------------------------------------------------------------------------------

process::process(surroundings around, std::string name, std::int64_t drift_ppm)
    : host(around.where, std::move(name)), around_(around), drift_ppm_(drift_ppm),
      chance_(around.where.chance().split()),
      context_(std::make_shared<boost::asio::io_context>(1)),
      runtime_(std::make_shared<virtual_runtime>(*this))
{
    world_.keep(context_); // what is left of handlers at the end still refers to it
}

process::~process()
{
    die();
}

session process::open_session(session_config config)
{
    auto core = std::make_shared<detail::session_core>(runtime_, executor(), std::move(config));
    cores_.push_back(core);
    return detail::session_access::open(std::move(core));
}

void process::run_as_user(const std::function<void()>& work)
{
    const bool before = std::exchange(as_user_, true);
    work();
    as_user_ = before;
}

world::event_id process::user_at(time_point when, std::function<void()> work)
{
    return world_.at(*this, when, [this, work = std::move(work)] { run_as_user(work); });
}

void process::settle()
{
    run_as_user([this] {
        context_->restart();
        context_->poll();
    });
    // Between two steps, so that nothing of what dies is still running.
    if (steps_left_ != 0 && --steps_left_ == 0)
        world_.at(world_.now(), std::exchange(last_step_, nullptr));
}

time_point process::local(time_point global) const noexcept
{
    const auto passed = (global - beginning).count();
    return global +
           nanoseconds(passed / million * drift_ppm_ + passed % million * drift_ppm_ / million);
}

time_point process::global(time_point local) const noexcept
{
    // Far deadlines are as good as never, and must not overflow.
    const auto far = beginning + std::chrono::hours(24 * 365);
    if (local >= far)
        return far;
    const auto passed = (local - beginning).count();
    const auto guess = passed / (million + drift_ppm_) * million +
                       passed % (million + drift_ppm_) * million / (million + drift_ppm_);
    return beginning + nanoseconds(guess + 2); // never early: two roundings
}

void process::stop()
{
    pause();
    world_.note("is stopped", name());
}

void process::go_on()
{
    if (!paused())
        return;
    last_stopped_ = world_.now();
    world_.note("goes on", name());
    resume();
}

void process::die_after(std::uint64_t steps, std::function<void()> then)
{
    steps_left_ = steps;
    last_step_ = std::move(then);
}

// Sessions and what lives in them refer to one another; closing them with nobody to hear it undoes
// that.
void process::die()
{
    if (!alive())
        return;
    around_.net.hang_up(*this);
    kill();
    runtime_->detach();
    for (const auto& known : cores_) {
        if (const auto core = known.lock())
            core->close([](error_code) {});
    }
}

} // namespace paddock::simulation
