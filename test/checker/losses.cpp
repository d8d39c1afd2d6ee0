#include "test/checker/checks.hpp"

#include <algorithm>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;

void complain(const attempt& hold,
              const key_story& story,
              const context& with,
              const std::string& what)
{
    with.out.add(rule::lost_signal, [&] {
        return story.name + ": the hold of " + who(hold) + " with token " +
               std::to_string(hold.token) + " " + what;
    });
}

// A client that died, or never went on after a pause, had no chance to be told.
bool could_be_told(const attempt& hold, const world& facts)
{
    return !facts.death_of(hold.client) &&
           facts.last_resumed(hold.client, nanoseconds::max()) != nanoseconds::max();
}

void check_count(const attempt& hold, const key_story& story, const context& with)
{
    if (hold.signals > 1)
        complain(hold, story, with, "was signalled as lost more than once");
    const bool was_lost = hold.ended == hold_end::lost;
    if (hold.signals > 0 && hold.ended == hold_end::released)
        complain(hold, story, with, "was signalled as lost, but had been released");
    if (hold.signals > 0 && hold.ended == hold_end::none)
        complain(hold, story, with, "was signalled as lost, but believed on");
    if (was_lost && hold.signals == 0 && could_be_told(hold, with.facts))
        complain(
            hold, story, with, "was lost at " + seconds(hold.ended_at) + ", and was never told so");
}

// `next` is the grant of the key after this one; null when there was none.
void check_time(const attempt& hold,
                const attempt* next,
                const key_story& story,
                const context& with)
{
    if (hold.signalled_at < hold.ended_at)
        complain(hold,
                 story,
                 with,
                 "was signalled as lost at " + seconds(hold.signalled_at) +
                     ", but believed until " + seconds(hold.ended_at));
    if (next == nullptr || !hold.believed() ||
        hold.signalled_at - next->answered_at <= with.wanted.signal_grace)
        return;
    if (!with.facts.paused_between(hold.client, hold.ended_at, hold.signalled_at))
        complain(hold,
                 story,
                 with,
                 "was signalled as lost at " + seconds(hold.signalled_at) + ", after " +
                     who(*next) + " had been granted the key, at " + seconds(next->answered_at));
}

} // namespace

void check_losses(const key_story& story, const context& with)
{
    const attempt* next = nullptr; // believed, and granted later than `hold`
    for (auto at = story.grants.rbegin(); at != story.grants.rend(); ++at) {
        const attempt& hold = **at;
        check_count(hold, story, with);
        if (hold.ended == hold_end::lost) {
            ++with.out.numbers.losses;
            if (hold.signals > 0)
                check_time(hold, next, story, with);
        }
        if (hold.believed())
            next = &hold;
    }
}

} // namespace paddock::checker
