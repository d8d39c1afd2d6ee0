#include "test/checker/checks.hpp"

#include <algorithm>

namespace paddock::checker {

using std::chrono::nanoseconds;

void service_ledger::add(const key_story& story, const world& facts)
{
    for (const auto& call : story.attempts) {
        auto& first = first_grants_.try_emplace(call.client, attempt::never).first->second;
        if (facts.quiet && call.granted() && call.called_at >= *facts.quiet)
            first = std::min(first, call.answered_at);
    }
}

void service_ledger::check(const context& with) const
{
    if (!with.facts.quiet || !with.wanted.serve_within)
        return;
    for (const auto& [client, first] : first_grants_) {
        // One that stands still asks for nothing; its time begins when it goes on.
        const auto resumed = with.facts.last_resumed(client, *with.facts.quiet);
        const auto begin = std::max(*with.facts.quiet, resumed);
        const auto death = with.facts.death_of(client);
        const bool lives =
            begin != nanoseconds::max() && (!death || *death - begin > *with.wanted.serve_within);
        if (lives && first - begin > *with.wanted.serve_within)
            with.out.add(rule::served, [&client = client, &first = first, &with] {
                return "client " + std::to_string(client) +
                       (first == attempt::never
                            ? " was granted nothing"
                            : " was granted something only at " + seconds(first)) +
                       " that it asked for once all faults were over, at " +
                       seconds(*with.facts.quiet);
            });
    }
}

} // namespace paddock::checker
