#include "test/checker/check.hpp"

#include "test/checker/checks.hpp"

#include <algorithm>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;

void check_key(const key_story& story, const context& with)
{
    check_holds(story, with);
    check_tokens(story, with);
    check_writes(story, with);
    check_increments(story, with);
    check_answers(story, with);
    check_errors(story, with);
    check_idle(story, with);
    check_losses(story, with);
}

bool needs_key(event_kind kind)
{
    return kind <= event_kind::final_value;
}

void check_keyless(std::span<const event*> events, report& out)
{
    for (const event* what : events)
        if (needs_key(what->kind))
            out.add(rule::sound, [&] {
                return "client " + std::to_string(what->client) + " recorded '" +
                       std::string(name_of(what->kind)) + "' at " + seconds(what->time) +
                       " without a key";
            });
}

void check_left_over(const history& all, report& out)
{
    for (const auto& what : all.events())
        if (what.kind == event_kind::left_over)
            out.add(rule::left_over, [&] {
                return title(all, what.key) + ": client " + std::to_string(what.client) +
                       " left something behind, found at " + seconds(what.time);
            });
}

void check_floor(std::string_view what, std::uint64_t count, std::uint64_t least, report& out)
{
    if (count < least)
        out.add(rule::traffic, [&] {
            return "only " + std::to_string(count) + " " + std::string(what) + ", of at least " +
                   std::to_string(least) + ": that shows nothing";
        });
}

void check_calm(const context& with)
{
    for (const auto& calm : with.facts.calms)
        with.out.numbers.calm +=
            std::max(nanoseconds::zero(), calm.end - calm.begin - with.wanted.recovery);
    if (with.out.numbers.calm < with.wanted.calm_min)
        with.out.add(rule::traffic, [&] {
            return "only " + seconds(with.out.numbers.calm) + " of calm, of at least " +
                   seconds(with.wanted.calm_min) + ": that shows nothing";
        });
}

} // namespace

std::string title(const history& all, key_id key)
{
    return key == no_key ? "no key" : "key \"" + all.name_of(key) + "\"";
}

report check(const history& all, const rules& wanted)
{
    report out(wanted);
    const auto facts = tell_world(all, out);
    const context with{wanted, facts, out};
    events_by_key by_key(all);
    token_ledger tokens;
    service_ledger clients;
    check_keyless(by_key.of(no_key), out);
    for (key_id key = no_key + 1; key < all.keys(); ++key) {
        const auto story = tell_story(title(all, key), by_key.of(key), with);
        check_key(story, with);
        if (wanted.unique_across_keys)
            tokens.add(key, story);
        clients.add(story, facts);
    }
    tokens.check(all, with);
    clients.check(with);
    check_left_over(all, out);
    out.numbers.events = all.size();
    out.numbers.keys = all.keys() - 1;
    out.numbers.clients = clients.clients();
    check_floor("grants", out.numbers.grants, wanted.grants_min, out);
    check_floor("writes", out.numbers.writes, wanted.writes_min, out);
    check_calm(with);
    return out;
}

} // namespace paddock::checker
