#include "test/checker/checks.hpp"

#include <algorithm>
#include <tuple>

namespace paddock::checker {

namespace {

std::string describe_twice(const key_story& story, const attempt& first, const attempt& second)
{
    return story.name + ": token " + std::to_string(first.token) + " was granted to " + who(first) +
           " at " + seconds(first.answered_at) + " and again to " + who(second) + " at " +
           seconds(second.answered_at);
}

// Every grant counts here, believed or not: a token that was given away twice is wrong in any case.
void check_unique(const key_story& story, const context& with)
{
    struct place {
        const attempt* grant;
        std::size_t position; // in the order of grants
    };
    std::vector<place> by_token;
    by_token.reserve(story.grants.size());
    for (const attempt* grant : story.grants)
        by_token.push_back({grant, by_token.size()});
    std::sort(by_token.begin(), by_token.end(), [](const place& a, const place& b) {
        return std::tie(a.grant->token, a.position) < std::tie(b.grant->token, b.position);
    });
    for (std::size_t n = 1; n < by_token.size(); ++n) {
        const auto& [first, at] = by_token[n - 1];
        const auto& [second, then] = by_token[n];
        const bool regrant = with.wanted.regrants && first->client == second->client;
        if (first->token == second->token && !(regrant && then == at + 1))
            with.out.add(rule::token_unique, [first = first, second = second, &story] {
                return describe_twice(story, *first, *second);
            });
    }
}

bool waited_together(const attempt& a, const attempt& b)
{
    return a.called_at < b.answered_at && b.called_at < a.answered_at;
}

std::string describe_fall(const key_story& story, const attempt& before, const attempt& after)
{
    return story.name + ": " + who(after) + " was granted token " + std::to_string(after.token) +
           " at " + seconds(after.answered_at) + ", but " + who(before) + " the higher " +
           std::to_string(before.token) + " before, at " + seconds(before.answered_at);
}

// Of two that waited together, the lower token stood in front: granting it later is unfair. Of two
// that did not, the lower token is the older one: granting it later takes the fence down.
void add_fall(const key_story& story,
              const attempt& before,
              const attempt& after,
              const context& with)
{
    const bool unfair = waited_together(before, after) && with.wanted.checks(rule::fifo);
    with.out.add(unfair ? rule::fifo : rule::token_order, [&] {
        return describe_fall(story, before, after) +
               (unfair ? "; the two waited together since " +
                             seconds(std::max(before.called_at, after.called_at))
                       : "");
    });
}

void check_rising(const key_story& story, const context& with)
{
    const attempt* highest = nullptr;
    for (const attempt* grant : story.grants) {
        if (!grant->believed())
            continue; // it may have been noted long after it was made
        if (highest != nullptr && grant->token < highest->token)
            add_fall(story, *highest, *grant, with);
        else
            highest = grant;
    }
}

} // namespace

void check_tokens(const key_story& story, const context& with)
{
    check_unique(story, with);
    check_rising(story, with);
}

void token_ledger::add(key_id key, const key_story& story)
{
    for (const attempt* grant : story.grants)
        entries_.push_back({grant->token, key, grant->client});
}

void token_ledger::check(const history& all, const context& with)
{
    std::sort(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) {
        return std::tie(a.token, a.key) < std::tie(b.token, b.key);
    });
    for (std::size_t n = 1; n < entries_.size(); ++n) {
        const auto& first = entries_[n - 1];
        const auto& second = entries_[n];
        if (first.token == second.token && first.key != second.key)
            with.out.add(rule::token_unique, [&] {
                return "token " + std::to_string(first.token) + " was granted for " +
                       title(all, first.key) + " to client " + std::to_string(first.client) +
                       " and for " + title(all, second.key) + " to client " +
                       std::to_string(second.client);
            });
    }
}

} // namespace paddock::checker
