#include "test/checker/mutations.hpp"

#include <algorithm>
#include <utility>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;
using events = std::vector<event>;
using enum event_kind;

constexpr client_id stranger = 77'777'777;

// A random event that passes the test; the end when there is none.
template <class Test>
events::iterator any_event(events& all, test::chance& random, Test test)
{
    if (all.empty())
        return all.end();
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(random.below(all.size()));
    const auto found = std::find_if(begin, all.end(), test);
    return found != all.end() ? found : std::find_if(all.begin(), all.end(), test);
}

auto is(event_kind kind)
{
    return [kind](const event& what) { return what.kind == kind; };
}

bool same_attempt(const event& a, const event& b)
{
    return a.client == b.client && a.attempt == b.attempt && a.key == b.key;
}

// The event of that kind and of the same attempt.
events::iterator partner(events& all, const event& of, event_kind kind)
{
    return std::find_if(all.begin(), all.end(), [&](const event& what) {
        return what.kind == kind && same_attempt(what, of);
    });
}

// The next event of that kind and key behind `at`.
events::iterator next_of(events& all, events::iterator at, event_kind kind)
{
    return std::find_if(at + 1, all.end(), [&](const event& what) {
        return what.kind == kind && what.key == at->key;
    });
}

auto drop(event_kind kind)
{
    return [kind](events& all, test::chance& random) {
        const auto at = any_event(all, random, is(kind));
        if (at == all.end())
            return false;
        all.erase(at);
        return true;
    };
}

// Spoils an event of an attempt that has another event, too: without that, a client that died may
// hide the fault.
template <class Change>
auto spoil_first_of(event_kind kind, event_kind other, Change how)
{
    return [=](events& all, test::chance& random) {
        const auto at = any_event(all, random, [&](const event& what) {
            return what.kind == kind && partner(all, what, other) != all.end();
        });
        if (at == all.end())
            return false;
        how(all, at);
        return true;
    };
}

auto repeat(event_kind kind)
{
    return [kind](events& all, test::chance& random) {
        const auto at = any_event(all, random, is(kind));
        if (at == all.end())
            return false;
        all.push_back(event(*at));
        return true;
    };
}

template <class Change>
auto change(event_kind kind, Change how)
{
    return [kind, how](events& all, test::chance& random) {
        const auto at = any_event(all, random, is(kind));
        if (at == all.end())
            return false;
        how(*at);
        return true;
    };
}

// Moves an event of the end of a hold behind the next grant of its key.
auto delay_past_next_grant(event_kind kind)
{
    return [kind](events& all, test::chance& random) {
        const auto at = any_event(all, random, [&](const event& what) {
            return what.kind == kind && what.client != stranger;
        });
        if (at == all.end() || next_of(all, at, granted) == all.end())
            return false;
        at->time = next_of(all, at, granted)->time + nanoseconds(1);
        return true;
    };
}

bool delay_signal(events& all, test::chance& random)
{
    const auto at = any_event(all, random, is(lost));
    if (at == all.end() || next_of(all, at, granted) == all.end())
        return false;
    const bool stopped = std::any_of(all.begin(), all.end(), [&](const event& what) {
        return what.kind == paused && what.client == at->client;
    });
    if (stopped) // may be told late
        return false;
    partner(all, *at, lost_signalled)->time = next_of(all, at, granted)->time + nanoseconds(1);
    return true;
}

template <class Change>
auto change_neighbours(Change how)
{
    return [how](events& all, test::chance& random) {
        const auto at = any_event(all, random, is(granted));
        if (at == all.end() || next_of(all, at, granted) == all.end())
            return false;
        how(*at, *next_of(all, at, granted));
        return true;
    };
}

std::int64_t acknowledged(const events& all, const event& of)
{
    return std::count_if(all.begin(), all.end(), [&](const event& what) {
        return what.kind == incremented && what.key == of.key;
    });
}

bool lose_increment(events& all, test::chance& random)
{
    const auto at = any_event(all, random, is(final_value));
    if (at == all.end())
        return false;
    at->value = acknowledged(all, *at) - 1;
    return true;
}

// The last grant of a key, of a call without a limit, comes a minute and more too late.
bool wake_late(events& all, test::chance& random)
{
    const auto at = any_event(all, random, [&](const event& what) {
        return what.kind == granted && partner(all, what, released) != all.end() &&
               partner(all, what, called)->value == 0 &&
               next_of(all, all.begin() + (&what - all.data()), granted) == all.end();
    });
    if (at == all.end())
        return false;
    partner(all, *at, released)->time += std::chrono::minutes(2);
    at->time += std::chrono::minutes(2);
    return true;
}

bool forget_counter(events& all, test::chance& random)
{
    const auto at = any_event(all, random, [&](const event& what) {
        return what.kind == final_value && acknowledged(all, what) > 0;
    });
    if (at == all.end())
        return false;
    all.erase(at);
    return true;
}

// A write that arrives behind the next holder's.
bool accept_late_write(events& all, test::chance& random)
{
    const auto at = any_event(all, random, is(written));
    if (at == all.end() || next_of(all, at, written) == all.end())
        return false;
    const auto next = next_of(all, at, written);
    std::swap(at->value, next->value);
    return true;
}

std::vector<mutation> all_mutations()
{
    // clang-format off
    return {
        {"a call is dropped", {rule::sound}, spoil_first_of(called, granted, [](events& all, auto at) { all.erase(at); })},
        {"a refused call is dropped", {rule::sound}, spoil_first_of(called, refused, [](events& all, auto at) { all.erase(at); })},
        {"a grant is dropped", {rule::sound}, spoil_first_of(granted, released, [](events& all, auto at) { all.erase(at); })},
        {"a refusal is dropped", {rule::answered}, drop(refused)},
        {"a release is dropped", {rule::hold_ends}, drop(released)},
        {"a loss is dropped", {rule::hold_ends}, drop(lost)},
        {"a signal is dropped", {rule::lost_signal}, drop(lost_signalled)},
        {"a death is dropped", {rule::hold_ends, rule::answered}, drop(killed)},
        {"a pause is dropped", {rule::sound}, drop(paused)},
        {"a final value is dropped", {rule::increments}, forget_counter},
        {"a call is repeated", {rule::sound}, repeat(called)},
        {"a grant is repeated", {rule::sound}, repeat(granted)},
        {"a refusal is repeated", {rule::sound}, repeat(refused)},
        {"a release is repeated", {rule::sound}, repeat(released)},
        {"a loss is repeated", {rule::sound}, repeat(lost)},
        {"a signal is repeated", {rule::lost_signal}, repeat(lost_signalled)},
        {"a death is repeated", {rule::sound}, repeat(killed)},
        {"a resumption is repeated", {rule::sound}, repeat(resumed)},
        {"a hold is released too late", {rule::one_believer}, delay_past_next_grant(released)},
        {"a loss is believed away", {rule::one_believer}, delay_past_next_grant(lost)},
        {"the dead believe on", {rule::one_believer}, delay_past_next_grant(believed)},
        {"a loss is told too late", {rule::lost_signal}, delay_signal},
        {"a waiter is woken late", {rule::idle_key}, wake_late},
        {"two tokens are exchanged", {rule::fifo, rule::token_order},
         change_neighbours([](event& a, event& b) { std::swap(a.token, b.token); })},
        {"a token is granted twice", {rule::token_unique},
         change_neighbours([](event& a, event& b) { b.token = a.token; })},
        {"two grants change places", {rule::sound, rule::one_believer},
         change_neighbours([](event& a, event& b) { std::swap(a.time, b.time); })},
        {"a token is too high by far", {rule::fifo, rule::token_order},
         change_neighbours([](event& a, event&) { a.token += 1'000'000'000; })},
        {"a grant has no token", {rule::sound}, change(granted, [](event& a) { a.token = 0; })},
        {"a grant goes to a stranger", {rule::sound}, change(granted, [](event& a) { a.client = stranger; })},
        {"a release is a stranger's", {rule::sound}, change(released, [](event& a) { a.client = stranger; })},
        {"a loss is a stranger's", {rule::sound}, change(lost, [](event& a) { a.client = stranger; })},
        {"a grant is a refusal", {rule::sound}, spoil_first_of(granted, released, [](events&, auto at) { at->kind = refused; })},
        {"a refusal is too late", {rule::limit}, change(refused, [](event& a) { a.time += nanoseconds(1); })},
        {"a release is a loss that nobody is told of", {rule::lost_signal}, change(released, [](event& a) { a.kind = lost; })},
        {"a write is a stranger's", {rule::write_token}, change(written, [](event& a) { a.client = stranger; })},
        {"a write has another token", {rule::write_token}, change(written, [](event& a) { a.token += 1'000'000'000; })},
        {"a write is refused", {rule::write_refusal}, change(written, [](event& a) { a.kind = write_refused; })},
        {"a write comes late", {rule::write_order}, accept_late_write},
        {"an increment is lost", {rule::increments}, lose_increment},
        {"increments come from nowhere", {rule::increments}, change(final_value, [](event& a) { a.value += 1'000'000; })},
        {"something is left over", {rule::left_over}, change(quiet, [](event& a) { a.kind = left_over; })},
    };
    // clang-format on
}

} // namespace

const std::vector<mutation>& mutations()
{
    static const auto all = all_mutations();
    return all;
}

std::optional<history> spoil(const history& good, const mutation& how, test::chance& random)
{
    auto changed = good.events();
    if (!how.apply(changed, random))
        return std::nullopt;
    history bad;
    for (key_id key = 0; key < good.keys(); ++key)
        bad.key(good.name_of(key));
    for (const auto& what : changed)
        bad.append(what);
    return bad;
}

} // namespace paddock::checker
