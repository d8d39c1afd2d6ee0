#include "test/checker/checks.hpp"

#include <algorithm>
#include <tuple>

namespace paddock::checker {

namespace {

struct tally {
    std::int64_t acknowledged{0};
    std::int64_t in_doubt{0};
};

bool is_increment(const event* what)
{
    return what->kind == event_kind::increment_sent || what->kind == event_kind::incremented ||
           what->kind == event_kind::increment_refused;
}

bool same_attempt(const event* a, const event* b)
{
    return a->client == b->client && a->attempt == b->attempt;
}

// What was sent and not answered is in doubt. That is counted for each attempt: in a history where
// only some note what they send, answers to one must not hide the doubt about another.
tally count(std::vector<const event*> increments)
{
    std::sort(increments.begin(), increments.end(), [](const event* a, const event* b) {
        return std::tie(a->client, a->attempt) < std::tie(b->client, b->attempt);
    });
    tally sum;
    std::int64_t open = 0;
    for (std::size_t n = 0; n < increments.size(); ++n) {
        const auto kind = increments[n]->kind;
        sum.acknowledged += kind == event_kind::incremented ? 1 : 0;
        open += kind == event_kind::increment_sent ? 1 : -1;
        if (n + 1 < increments.size() && same_attempt(increments[n], increments[n + 1]))
            continue;
        sum.in_doubt += std::max<std::int64_t>(open, 0);
        open = 0;
    }
    return sum;
}

const event* find_final(const key_story& story, const context& with)
{
    const event* found = nullptr;
    for (const event* what : story.resource) {
        if (what->kind != event_kind::final_value)
            continue;
        if (found != nullptr)
            with.out.add(rule::sound, [&] { return story.name + ": has two final values"; });
        found = what;
    }
    return found;
}

void check_final(const event& last, tally sum, const key_story& story, const context& with)
{
    if (last.value >= sum.acknowledged && last.value <= sum.acknowledged + sum.in_doubt)
        return;
    with.out.add(rule::increments, [&] {
        return story.name + ": the counter says " + std::to_string(last.value) + ", but " +
               std::to_string(sum.acknowledged) + " increments were acknowledged and " +
               std::to_string(sum.in_doubt) + " are in doubt";
    });
}

} // namespace

void check_increments(const key_story& story, const context& with)
{
    std::vector<const event*> increments;
    std::copy_if(
        story.resource.begin(), story.resource.end(), std::back_inserter(increments), is_increment);
    const auto sum = count(std::move(increments));
    with.out.numbers.increments += static_cast<std::uint64_t>(sum.acknowledged);
    with.out.numbers.doubtful_increments += static_cast<std::uint64_t>(sum.in_doubt);
    if (const event* last = find_final(story, with))
        check_final(*last, sum, story, with);
    else if (sum.acknowledged > 0)
        with.out.add(rule::increments, [&] {
            return story.name + ": " + std::to_string(sum.acknowledged) +
                   " increments were acknowledged, and nobody looked at the counter in the end";
        });
}

} // namespace paddock::checker
