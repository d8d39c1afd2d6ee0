#include "test/chaos/attempt_record.hpp"

#include "test/chaos/core_wait.hpp"
#include "test/chaos/refusals.hpp"

namespace paddock::test {

using namespace std::chrono_literals;
using checker::event_kind;

namespace {

/// A hold that is looked at all the time is noted no more often than that.
constexpr std::chrono::milliseconds note_interval{20};

} // namespace

attempt_record::attempt_record(attempt_book& book, std::size_t key)
    : book_(book), key_(key_name(key)), number_(++book.attempts)
{
}

void attempt_record::add(event_kind kind, std::chrono::nanoseconds time, std::int64_t value)
{
    checker::event what;
    what.kind = kind;
    what.client = book_.client;
    what.attempt = number_;
    what.time = time;
    what.token = token_;
    what.value = value;
    book_.log.append(what, key_);
}

void attempt_record::called(const attempt_plan& plan)
{
    waited_before_ = core_wait();
    token_ = std::chrono::nanoseconds(plan.cancel_after.value_or(0ms)).count();
    add(event_kind::called, event_time(), std::chrono::nanoseconds(plan.limit_of_answer()).count());
}

std::int64_t attempt_record::starved() const
{
    return (core_wait() - waited_before_).count();
}

void attempt_record::refused(const error_code& why)
{
    const auto time = event_time();
    token_ = number_of(why);
    add(event_kind::refused, time, starved());
}

void attempt_record::granted(const hold& held)
{
    const auto time = event_time();
    believed_ = time.count();
    noted_ = time;
    token_ = held.token().value();
    add(event_kind::granted, time, starved());
    told_.emplace(held.lost(), [this] { on_signal(); });
    look(held);
}

bool attempt_record::look(const hold& held)
{
    const auto time = event_time(); // before the look, so that it lies inside the belief
    if (!held.held() && !book_.credulous)
        return false;
    believed_ = time.count();
    // A loss that is signalled from here on is noted with this time, or a later one.
    if (time - noted_ >= note_interval && state_ == state::held) {
        noted_ = time;
        add(event_kind::believed, time);
    }
    return true;
}

bool attempt_record::end(const hold& held)
{
    const bool good = look(held);
    auto expected = state::held;
    if (!good) {
        note_lost();
        return false;
    }
    if (!state_.compare_exchange_strong(expected, state::released))
        return false; // the signal came between
    add(event_kind::released, std::chrono::nanoseconds(believed_));
    return true;
}

void attempt_record::increment(event_kind what)
{
    add(what, event_time());
}

void attempt_record::note_lost()
{
    auto expected = state::held;
    if (state_.compare_exchange_strong(expected, state::lost))
        add(event_kind::lost, std::chrono::nanoseconds(believed_));
}

void attempt_record::on_signal()
{
    if (book_.credulous)
        return;
    note_lost();
    if (state_ == state::lost && !signalled_) {
        add(event_kind::lost_signalled, event_time());
        signalled_ = true;
    }
}

} // namespace paddock::test
