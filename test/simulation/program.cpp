#include "test/simulation/program.hpp"

#include "test/simulation/worker.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {

program::program(process::surroundings around, witness& seen, const workload& what, order wanted)
    : seen_(seen), what_(what), order_(std::move(wanted)),
      process_(around, order_.name, order_.drift_ppm), sessions_(what.sessions_each),
      locks_(what.sessions_each), renewals_(what.sessions_each)
{
    for (std::size_t each = 0; each < what.sessions_each; ++each)
        open_session(each);
    for (std::size_t each = 0; each < what.workers_each; ++each)
        workers_.push_back(std::make_unique<worker>(*this, each % what.sessions_each));
}

// The process first: nothing that its handlers refer to may go before it is dead.
program::~program()
{
    process_.die();
}

void program::open_session(std::size_t which)
{
    session_config config;
    config.hosts = order_.hosts;
    config.session_timeout = order_.timeout;
    config.connect_timeout = order_.timeout * 2;
    sessions_[which] = std::make_unique<session>(process_.open_session(config));
    lock_config how;
    how.max_hold = order_.timeout * what_.max_hold / 1'000;
    how.retain_for = order_.timeout * what_.retain_for / 1'000;
    how.retained_max = what_.retained_max;
    how.handoffs_max = what_.handoffs_max;
    locks_[which] = std::make_unique<keyed_mutex>(*sessions_[which], order_.root, how);
}

bool program::wants(std::size_t session,
                    const std::string& key,
                    time_point since,
                    const worker& but) const
{
    return what_.handoffs_max != 0 &&
           std::any_of(workers_.begin(), workers_.end(), [&](const auto& each) {
               return each.get() != &but && each->wanted(session, key, since);
           });
}

void program::start()
{
    process_.run_as_user([this] {
        for (const auto& each : workers_)
            each->start();
    });
}

void program::finish()
{
    finishing_ = true;
    if (!process_.alive())
        return;
    process_.run_as_user([this] {
        for (const auto& each : workers_)
            each->hurry();
        for (std::size_t each = 0; each < sessions_.size(); ++each) {
            ++unproven_;
            prove_alive(each);
        }
    });
}

// Until it is granted: what an outage did to the session may still be told to one call.
void program::prove_alive(std::size_t which)
{
    const auto key = order_.name + "-alive-" + std::to_string(which);
    lock_of(which).async_lock(key, [this, which](error_code ec, const hold&) {
        if (ec)
            prove_alive(which);
        else
            --unproven_;
    });
}

bool program::idle() const
{
    return !process_.alive() ||
           (waiting_for_losses_ == 0 && unproven_ == 0 &&
            std::all_of(
                workers_.begin(), workers_.end(), [](const auto& each) { return each->idle(); }));
}

void program::stop()
{
    process_.stop();
    seen_.paused(order_.client);
}

void program::go_on()
{
    if (!process_.paused())
        return;
    seen_.resumed(order_.client);
    process_.go_on();
}

void program::die()
{
    if (!process_.alive())
        return;
    seen_.killed(process_, order_.client);
    process_.die();
}

void program::renew_session(std::size_t which)
{
    ++operations_;
    ++renewals_[which];
    const auto before = std::move(sessions_[which]);
    open_session(which);
    before->close();
}

void program::close_sessions()
{
    if (!process_.alive())
        return;
    process_.run_as_user([this] {
        for (const auto& each : sessions_)
            each->close();
    });
}

std::optional<std::string> program::not_connected() const
{
    for (const auto& each : sessions_) {
        const auto state = each->state();
        if (process_.alive() && state != session_state::connected)
            return process_.name() + " has a session that is " + std::string(to_string(state));
    }
    return std::nullopt;
}

std::string program::describe_busy() const
{
    for (const auto& each : workers_) {
        if (!each->idle())
            return each->describe();
    }
    if (unproven_ != 0)
        return process_.name() + " has a session that gives no lock any more";
    return process_.name() + " waits for " + std::to_string(waiting_for_losses_) +
           " losses of holds that have ended";
}

} // namespace paddock::simulation
