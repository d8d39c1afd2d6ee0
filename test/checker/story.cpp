#include "test/checker/story.hpp"

#include <algorithm>
#include <tuple>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;

// One attempt's events stand together, in the order in which they can happen.
bool in_order(const event* a, const event* b)
{
    return std::tie(a->client, a->attempt, a->kind, a->time) <
           std::tie(b->client, b->attempt, b->kind, b->time);
}

bool is_lock_event(const event* what)
{
    return what->kind <= event_kind::lost_signalled;
}

bool ends_hold(event_kind kind)
{
    return kind == event_kind::released || kind == event_kind::lost;
}

void complain(const event& what, const key_story& story, const context& with, const char* why)
{
    with.out.add(rule::sound, [&] {
        return story.name + ": client " + std::to_string(what.client) + " (attempt " +
               std::to_string(what.attempt) + ") recorded '" + std::string(name_of(what.kind)) +
               "' at " + seconds(what.time) + ", " + why;
    });
}

void set_answer(attempt& one, const event& what)
{
    one.answered = what.kind == event_kind::granted ? answer::granted : answer::refused;
    one.answered_at = what.time;
    (one.granted() ? one.token : one.error) = what.token;
    one.starved = nanoseconds(what.value);
}

void set_end(attempt& one, const event& what)
{
    one.ended = what.kind == event_kind::released ? hold_end::released : hold_end::lost;
    one.ended_at = what.time;
}

// Why `what` cannot be what this attempt does next; none when it can.
const char* objection(const attempt& one, const event& what)
{
    const bool answers = what.kind == event_kind::granted || what.kind == event_kind::refused;
    if (answers && one.answered != answer::none)
        return "but the call had been answered already";
    if (answers && what.time < one.called_at)
        return "before the call began";
    if (what.kind == event_kind::granted && what.token <= 0)
        return "without a token";
    if (what.kind > event_kind::refused && !one.granted())
        return "but had been granted nothing";
    if (ends_hold(what.kind) && one.ended != hold_end::none)
        return "but the hold had ended already";
    const bool tells_belief = what.kind == event_kind::believed || ends_hold(what.kind);
    if (tells_belief && what.time < one.answered_at)
        return "before the hold was granted";
    if (ends_hold(what.kind) && what.time < one.seen_believed_at)
        return "before it was last believed";
    return nullptr;
}

void add_event(attempt& one, const event& what)
{
    if (what.kind == event_kind::granted || what.kind == event_kind::refused)
        set_answer(one, what);
    else if (what.kind == event_kind::believed)
        one.seen_believed_at = what.time;
    else if (ends_hold(what.kind))
        set_end(one, what);
    else if (one.signals++ == 0)
        one.signalled_at = what.time;
}

// A client that dies believes in nothing from then on; when it did last is only known from what it
// noted. (Its last records may be younger than the time noted for its death.)
void end_by_death(attempt& one, const world& facts)
{
    const auto death = facts.death_of(one.client);
    if (!death || !one.granted() || one.ended_at <= *death)
        return;
    one.ended = hold_end::killed;
    one.ended_at = std::max(one.answered_at, one.seen_believed_at);
}

void check_alive(const event& what, const key_story& story, const context& with)
{
    const auto death = with.facts.death_of(what.client);
    if (death && what.time - *death > with.wanted.death_grace)
        complain(what, story, with, "after its death");
}

// `events` are the lock events of one attempt.
void add_attempt(std::span<const event*> events, key_story& story, const context& with)
{
    const auto& first = *events.front();
    attempt one{.client = first.client, .number = first.attempt, .called_at = first.time};
    if (first.kind == event_kind::called) {
        one.limit = nanoseconds(first.value);
        one.cancelled_after = nanoseconds(first.token);
    } else
        complain(first, story, with, "but called nothing");
    for (const event* what : events) {
        check_alive(*what, story, with);
        if (what == &first && what->kind == event_kind::called)
            continue;
        const char* why =
            what->kind == event_kind::called ? "a second time" : objection(one, *what);
        if (why != nullptr)
            complain(*what, story, with, why);
        else
            add_event(one, *what);
    }
    end_by_death(one, with.facts);
    story.attempts.push_back(one);
}

void add_attempts(std::span<const event*> events, key_story& story, const context& with)
{
    while (!events.empty()) {
        const auto& first = *events.front();
        const auto end = std::find_if(events.begin(), events.end(), [&](const event* what) {
            return what->client != first.client || what->attempt != first.attempt;
        });
        const auto count = static_cast<std::size_t>(end - events.begin());
        add_attempt(events.first(count), story, with);
        events = events.subspan(count);
    }
}

void collect_grants(key_story& story)
{
    for (const auto& one : story.attempts)
        if (one.granted())
            story.grants.push_back(&one);
    // Of grants at one instant, the one that ended first is the older one.
    std::sort(story.grants.begin(), story.grants.end(), [](const attempt* a, const attempt* b) {
        return std::tie(a->answered_at, a->ended_at, a->token) <
               std::tie(b->answered_at, b->ended_at, b->token);
    });
}

} // namespace

events_by_key::events_by_key(const history& all) : begins_(all.keys() + 1, 0), events_(all.size())
{
    for (const auto& what : all.events())
        ++begins_.at(what.key + std::size_t{1});
    for (std::size_t key = 0; key + 1 < begins_.size(); ++key)
        begins_[key + 1] += begins_[key];
    auto next = begins_;
    for (const auto& what : all.events())
        events_[next[what.key]++] = &what;
}

std::span<const event*> events_by_key::of(key_id key)
{
    const auto begin = begins_.at(key);
    return std::span(events_).subspan(begin, begins_.at(key + std::size_t{1}) - begin);
}

key_story tell_story(std::string name, std::span<const event*> events, const context& with)
{
    key_story story;
    story.name = std::move(name);
    const auto middle = std::stable_partition(events.begin(), events.end(), is_lock_event);
    const auto lock_events = events.first(static_cast<std::size_t>(middle - events.begin()));
    std::stable_sort(lock_events.begin(), lock_events.end(), in_order);
    story.resource.assign(middle, events.end());
    add_attempts(lock_events, story, with);
    collect_grants(story);
    return story;
}

std::string who(const attempt& which)
{
    return "client " + std::to_string(which.client) + " (attempt " + std::to_string(which.number) +
           ")";
}

} // namespace paddock::checker
