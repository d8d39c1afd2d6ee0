#pragma once

#include "src/runtime.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <map>
#include <unordered_map>

namespace paddock::detail {

/// All timers of the I/O thread behind one of the system's: thousands of lock time-outs are a
/// map's entries each.
///
/// Threads: the I/O thread.
class timer_queue {
public:
    using id = runtime::timer_id;
    using task = runtime::task;

    explicit timer_queue(boost::asio::io_context& io) : alarm_(io) {}

    /// Runs a task once `when` has passed on the boot clock, never inside this call; tasks for the
    /// same time in the order of these calls.
    id call_at(time_point when, task work);
    /// Forgets a timer; allowed when it has run or was forgotten.
    void cancel(id timer);
    /// Forgets all timers and stops.
    void clear();

private:
    struct entry {
        id number;
        task work;
    };
    using entries = std::multimap<time_point, entry>;

    void set_alarm();
    void ring();
    void run_due();

    boost::asio::steady_timer alarm_;
    time_point alarm_due_{time_point::max()}; // the end of time: no alarm is set
    entries entries_;
    std::unordered_map<id, entries::iterator> by_id_;
    id last_{0};
    bool ringing_{false};
};

} // namespace paddock::detail
