#include "src/timer_queue.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace paddock::detail {
namespace {

// The system's timer stands still while the machine sleeps, ours does not. So it is looked at again
// at least this often: a second is what a session may notice its end late by after a suspend.
constexpr std::chrono::seconds sleep_max{1};

} // namespace

timer_queue::id timer_queue::call_at(time_point when, task work)
{
    const id number = ++last_;
    by_id_.emplace(number, entries_.emplace(when, entry{number, std::move(work)}));
    if (!ringing_)
        set_alarm();
    return number;
}

void timer_queue::cancel(id timer)
{
    auto found = by_id_.extract(timer);
    // The alarm is left as it is: it rings early, finds nothing due and is set anew.
    if (!found.empty())
        entries_.erase(found.mapped());
}

void timer_queue::clear()
{
    by_id_.clear();
    entries_.clear();
    alarm_due_ = time_point::max();
    alarm_.cancel();
}

void timer_queue::set_alarm()
{
    if (entries_.empty() || entries_.begin()->first >= alarm_due_)
        return;
    const time_point now = boot_clock::now();
    const nanoseconds wait =
        std::clamp<nanoseconds>(entries_.begin()->first - std::min(now, entries_.begin()->first),
                                nanoseconds{0},
                                sleep_max);
    alarm_due_ = now + wait;
    alarm_.expires_after(wait);
    alarm_.async_wait([this](const boost::system::error_code& ec) {
        if (!ec)
            ring();
    });
}

void timer_queue::ring()
{
    alarm_due_ = time_point::max();
    ringing_ = true;
    run_due();
    ringing_ = false;
    set_alarm();
}

// Only what is due now: a task that sets a timer for at once must not keep the thread in here.
void timer_queue::run_due()
{
    const time_point now = boot_clock::now();
    const id newest = last_;
    while (!entries_.empty() && entries_.begin()->first <= now) {
        const auto first = entries_.begin();
        if (first->second.number > newest)
            return;
        const task work = std::move(first->second.work);
        by_id_.erase(first->second.number);
        entries_.erase(first);
        work();
    }
}

} // namespace paddock::detail
