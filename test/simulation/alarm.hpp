#pragma once

#include "test/simulation/world.hpp"

#include <utility>

namespace paddock::simulation {

/// One thing that is to happen at a host later, unless its owner ends before.
class alarm {
public:
    alarm(world& in, host& at) : world_(in), host_(at) {}
    ~alarm() { world_.cancel(event_); }
    alarm(const alarm&) = delete;
    alarm& operator=(const alarm&) = delete;

    /// Instead of what was set before.
    void set(time_point when, task work)
    {
        world_.cancel(event_);
        event_ = world_.at(host_, when, std::move(work));
    }
    void set(nanoseconds delay, task work) { set(world_.now() + delay, std::move(work)); }
    void cancel() { world_.cancel(event_); }

private:
    world& world_;
    host& host_;
    world::event_id event_{0};
};

} // namespace paddock::simulation
