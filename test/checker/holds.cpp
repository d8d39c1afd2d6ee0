#include "test/checker/checks.hpp"

#include <algorithm>

namespace paddock::checker {

namespace {

std::string until(const attempt& hold)
{
    if (hold.ended == hold_end::none)
        return "and was never seen to stop";
    return "until " + seconds(hold.ended_at);
}

std::string
describe_overlap(const key_story& story, const attempt& believer, const attempt& granted)
{
    return story.name + ": " + who(granted) + " was granted token " +
           std::to_string(granted.token) + " at " + seconds(granted.answered_at) + ", while " +
           who(believer) + " believed in token " + std::to_string(believer.token) + ", from " +
           seconds(believer.answered_at) + " " + until(believer);
}

void check_end(const attempt& hold, const key_story& story, const context& with)
{
    if (hold.ended == hold_end::none)
        with.out.add(rule::hold_ends, [&] {
            return story.name + ": the hold of " + who(hold) + " with token " +
                   std::to_string(hold.token) + ", granted at " + seconds(hold.answered_at) +
                   ", has no end, and its client lives";
        });
    else
        with.out.numbers.longest_hold =
            std::max(with.out.numbers.longest_hold, hold.ended_at - hold.answered_at);
}

} // namespace

void check_holds(const key_story& story, const context& with)
{
    const attempt* longest = nullptr; // of the holds so far, the one that is believed longest
    for (const attempt* hold : story.grants) {
        check_end(*hold, story, with);
        if (!hold->believed())
            continue;
        if (longest != nullptr && hold->answered_at < longest->ended_at)
            with.out.add(rule::one_believer,
                         [&] { return describe_overlap(story, *longest, *hold); });
        if (longest == nullptr || hold->ended_at > longest->ended_at)
            longest = hold;
    }
}

} // namespace paddock::checker
