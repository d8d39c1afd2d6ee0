#include "test/checker/checks.hpp"

#include <algorithm>
#include <vector>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;

// What becomes of a key at one time.
struct change {
    nanoseconds time;
    int waiters;
    int holders;
};

struct stretch {
    nanoseconds begin;
    nanoseconds end;
};

// Until when the key is wanted by a call, if its client does not stand still.
nanoseconds wanted_until(const attempt& call, const world& facts)
{
    auto end = std::min(call.answered_at, facts.last);
    if (call.limit > nanoseconds::zero() && call.limit < end - call.called_at)
        end = call.called_at + call.limit;
    if (const auto death = facts.death_of(call.client))
        end = std::min(end, *death);
    return end;
}

void add_stretch(stretch which, int waiters, int holders, std::vector<change>& into)
{
    if (which.begin >= which.end)
        return;
    into.push_back({which.begin, waiters, holders});
    into.push_back({which.end, -waiters, -holders});
}

void add_wait(const attempt& call, const world& facts, std::vector<change>& into)
{
    stretch wait{call.called_at, wanted_until(call, facts)};
    if (const auto found = facts.pauses.find(call.client); found != facts.pauses.end()) {
        const auto& pauses = found->second;
        auto at = std::partition_point(
            pauses.begin(), pauses.end(), [&](const pause& one) { return one.end < wait.begin; });
        for (; at != pauses.end() && at->begin < wait.end; ++at) {
            add_stretch({wait.begin, at->begin}, 1, 0, into);
            wait.begin = at->end;
        }
    }
    add_stretch(wait, 1, 0, into);
}

std::vector<change> changes_of(const key_story& story, const world& facts)
{
    std::vector<change> changes;
    for (const auto& call : story.attempts) {
        add_wait(call, facts, changes);
        if (call.believed())
            add_stretch({call.answered_at, call.ended_at}, 0, 1, changes);
    }
    std::sort(changes.begin(), changes.end(), [](const change& a, const change& b) {
        return a.time < b.time;
    });
    return changes;
}

// The times in which the key is wanted and not held.
std::vector<stretch> idle_stretches(const key_story& story, const world& facts)
{
    std::vector<stretch> idle;
    const auto changes = changes_of(story, facts);
    int waiters = 0;
    int holders = 0;
    for (std::size_t n = 0; n < changes.size(); ++n) {
        waiters += changes[n].waiters;
        holders += changes[n].holders;
        if (n + 1 == changes.size() || changes[n].time == changes[n + 1].time)
            continue;
        if (waiters == 0 || holders != 0)
            continue;
        const stretch here{changes[n].time, changes[n + 1].time};
        if (!idle.empty() && idle.back().end == here.begin)
            idle.back().end = here.end;
        else
            idle.push_back(here);
    }
    return idle;
}

std::string describe(const key_story& story, stretch idle, const world& facts)
{
    const attempt* first = nullptr; // of those that wait at the end of it
    for (const auto& call : story.attempts)
        if (call.called_at < idle.end && wanted_until(call, facts) >= idle.end &&
            (first == nullptr || call.called_at < first->called_at))
            first = &call;
    return story.name + ": was held by nobody from " + seconds(idle.begin) + " to " +
           seconds(idle.end) + ", without a fault, although " +
           (first == nullptr ? "it was wanted"
                             : who(*first) + " waited since " + seconds(first->called_at));
}

void check_stretch(stretch idle, const key_story& story, const context& with)
{
    const auto& calms = with.facts.calms;
    auto at = std::partition_point(
        calms.begin(), calms.end(), [&](const calm& one) { return one.end <= idle.begin; });
    for (; at != calms.end() && at->begin < idle.end; ++at) {
        const stretch judged{std::max(idle.begin, at->begin + with.wanted.recovery),
                             std::min(idle.end, at->end)};
        auto& longest = with.out.numbers.longest_calm_idle;
        longest = std::max(longest, judged.end - judged.begin);
        if (judged.end - judged.begin > with.wanted.idle_within)
            with.out.add(rule::idle_key, [&] { return describe(story, judged, with.facts); });
    }
}

} // namespace

void check_idle(const key_story& story, const context& with)
{
    for (const auto& idle : idle_stretches(story, with.facts)) {
        with.out.numbers.longest_idle =
            std::max(with.out.numbers.longest_idle, idle.end - idle.begin);
        check_stretch(idle, story, with);
    }
}

} // namespace paddock::checker
