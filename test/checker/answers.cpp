#include "test/checker/checks.hpp"

#include <algorithm>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;

std::string describe(const key_story& story, const attempt& call)
{
    return story.name + ": the call of " + who(call) + " at " + seconds(call.called_at);
}

void check_answered(const attempt& call, const key_story& story, const context& with)
{
    if (call.answered == answer::none && !with.facts.death_of(call.client))
        with.out.add(rule::answered, [&] {
            return describe(story, call) + " was never answered, and its client lives";
        });
}

// A client that stands still answers nothing; its time begins when it goes on.
void check_resolved(const attempt& call, const key_story& story, const context& with)
{
    if (!with.facts.quiet || call.answered == answer::none)
        return;
    const auto resumed = with.facts.last_resumed(call.client, call.answered_at);
    const auto begin = std::max({call.called_at, *with.facts.quiet, resumed});
    if (call.answered_at <= begin)
        return;
    auto& longest = with.out.numbers.longest_resolution;
    longest = std::max(longest, call.answered_at - begin);
    if (call.answered_at - begin - call.starved > with.wanted.resolve_within)
        with.out.add(rule::resolved, [&] {
            return describe(story, call) + " was answered only at " + seconds(call.answered_at) +
                   ", although all faults were over at " + seconds(*with.facts.quiet);
        });
}

void check_limit(const attempt& call, const key_story& story, const context& with)
{
    if (call.limit <= nanoseconds::zero() || call.answered == answer::none)
        return;
    const auto waited = call.answered_at - call.called_at;
    const auto resumed =
        std::max(call.called_at, with.facts.last_resumed(call.client, call.answered_at));
    const auto grace = with.wanted.limit_grace + call.starved;
    const bool late = waited - grace > call.limit;
    // One that stood still when its limit passed answers as soon as it goes on.
    if (late && (resumed == call.called_at || call.answered_at - resumed > grace))
        with.out.add(rule::limit, [&] {
            return describe(story, call) + " with a limit of " + seconds(call.limit) +
                   " was answered after " + seconds(waited) + ", " + seconds(call.starved) +
                   " of them without a core";
        });
}

// How many calls waited at one time, at the most.
std::uint64_t longest_queue(const key_story& story)
{
    std::vector<nanoseconds> begins;
    std::vector<nanoseconds> ends;
    for (const auto& call : story.attempts) {
        begins.push_back(call.called_at);
        ends.push_back(call.answered_at);
    }
    std::sort(begins.begin(), begins.end());
    std::sort(ends.begin(), ends.end());
    std::size_t longest = 0;
    std::size_t ended = 0;
    for (std::size_t begun = 0; begun < begins.size(); ++begun) {
        while (ends[ended] < begins[begun])
            ++ended;
        longest = std::max(longest, begun + 1 - ended);
    }
    return longest;
}

void add_numbers(const attempt& call, summary& numbers)
{
    ++numbers.calls;
    numbers.refusals += call.answered == answer::refused ? 1 : 0;
    if (!call.granted())
        return;
    ++numbers.grants;
    numbers.longest_wait = std::max(numbers.longest_wait, call.answered_at - call.called_at);
}

} // namespace

void check_answers(const key_story& story, const context& with)
{
    for (const auto& call : story.attempts) {
        check_answered(call, story, with);
        check_resolved(call, story, with);
        check_limit(call, story, with);
        add_numbers(call, with.out.numbers);
    }
    with.out.numbers.longest_queue = std::max(with.out.numbers.longest_queue, longest_queue(story));
}

} // namespace paddock::checker
