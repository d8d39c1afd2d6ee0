#include "test/checker/world.hpp"

#include <algorithm>
#include <string>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;

bool is_fate(const event& what)
{
    return what.kind >= event_kind::killed && what.kind <= event_kind::quiet;
}

void add_death(world& facts, const event& death, report& out)
{
    ++out.numbers.kills;
    if (!facts.deaths.emplace(death.client, death.time).second)
        out.add(rule::sound,
                [&] { return "client " + std::to_string(death.client) + " was killed twice"; });
}

void add_pause(world& facts, const event& begin, report& out)
{
    ++out.numbers.pauses;
    auto& pauses = facts.pauses[begin.client];
    if (!pauses.empty() && pauses.back().end == nanoseconds::max())
        out.add(rule::sound, [&] {
            return "client " + std::to_string(begin.client) + " was paused at " +
                   seconds(begin.time) + ", but stood still already";
        });
    else
        pauses.push_back({.begin = begin.time});
}

void end_pause(world& facts, const event& end, report& out)
{
    auto& pauses = facts.pauses[end.client];
    if (pauses.empty() || pauses.back().end != nanoseconds::max())
        out.add(rule::sound, [&] {
            return "client " + std::to_string(end.client) + " was resumed at " + seconds(end.time) +
                   ", but did not stand still";
        });
    else
        pauses.back().end = end.time;
}

bool is_calm(const world& facts)
{
    return !facts.calms.empty() && facts.calms.back().end == nanoseconds::max();
}

void begin_calm(world& facts, const event& begin, report& out)
{
    if (is_calm(facts))
        out.add(rule::sound,
                [&] { return "calm began at " + seconds(begin.time) + ", but had not ended"; });
    else
        facts.calms.push_back({.begin = begin.time});
}

void end_calm(world& facts, const event& end, report& out)
{
    if (is_calm(facts))
        facts.calms.back().end = end.time;
    else
        out.add(rule::sound,
                [&] { return "calm ended at " + seconds(end.time) + ", but had not begun"; });
}

void end_faults(world& facts, const event& quiet)
{
    facts.quiet = quiet.time;
    if (is_calm(facts))
        facts.calms.back().end = quiet.time;
    facts.calms.push_back({.begin = quiet.time});
}

void add_fate(world& facts, const event& what, report& out)
{
    if (what.kind == event_kind::killed)
        add_death(facts, what, out);
    else if (what.kind == event_kind::paused)
        add_pause(facts, what, out);
    else if (what.kind == event_kind::resumed)
        end_pause(facts, what, out);
    else if (what.kind == event_kind::closed)
        facts.closings[what.client].push_back(what.time);
    else if (what.kind == event_kind::calm_begins)
        begin_calm(facts, what, out);
    else if (what.kind == event_kind::calm_ends)
        end_calm(facts, what, out);
    else
        end_faults(facts, what);
}

} // namespace

std::optional<nanoseconds> world::death_of(client_id client) const
{
    const auto found = deaths.find(client);
    return found == deaths.end() ? std::nullopt : std::optional(found->second);
}

bool world::closed_between(client_id client, nanoseconds begin, nanoseconds end) const
{
    const auto found = closings.find(client);
    if (found == closings.end())
        return false;
    const auto next = std::lower_bound(found->second.begin(), found->second.end(), begin);
    return next != found->second.end() && *next <= end;
}

bool world::calm_between(nanoseconds begin, nanoseconds end, nanoseconds recovery) const
{
    const auto here = std::partition_point(
        calms.begin(), calms.end(), [&](const calm& one) { return one.end < end; });
    return here != calms.end() && here->begin + recovery <= begin;
}

bool world::paused_between(client_id client, nanoseconds begin, nanoseconds end) const
{
    const auto found = pauses.find(client);
    return found != pauses.end() &&
           std::any_of(found->second.begin(), found->second.end(), [&](const pause& one) {
               return one.begin <= end && one.end >= begin;
           });
}

nanoseconds world::last_resumed(client_id client, nanoseconds end) const
{
    auto result = nanoseconds::min();
    const auto found = pauses.find(client);
    if (found == pauses.end())
        return result;
    for (const auto& one : found->second)
        if (one.begin <= end)
            result = one.end;
    return result;
}

world tell_world(const history& all, report& out)
{
    std::vector<event> fates; // few, beside the others
    std::copy_if(all.events().begin(), all.events().end(), std::back_inserter(fates), is_fate);
    std::stable_sort(
        fates.begin(), fates.end(), [](const event& a, const event& b) { return a.time < b.time; });
    world facts;
    for (const auto& what : fates)
        add_fate(facts, what, out);
    for (const auto& what : all.events())
        facts.last = std::max(facts.last, what.time);
    if (is_calm(facts))
        facts.calms.back().end = facts.last;
    return facts;
}

} // namespace paddock::checker
