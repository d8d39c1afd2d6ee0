// What a witness finds at the end of a trial, when all is at rest.

#include "src/session_core.hpp"
#include "test/simulation/witness.hpp"

#include <string>

namespace paddock::simulation {

using checker::event_kind;

void witness::quiet()
{
    append({.kind = event_kind::quiet}, "");
}

void witness::at_rest(const std::vector<process*>& alive)
{
    for (const auto& [key, at] : queues_) {
        if (!at.contenders.empty())
            violated("key " + key + ": " + at.contenders.begin()->second.path + " is left behind");
    }
    if (const auto left = servers_.watches(); left != 0)
        violated(std::to_string(left) + " watches are left at the servers");
    std::uint64_t wakes = 0;
    std::uint64_t watched_queues = 0;
    for (auto* const each : alive) {
        for (const auto& known : each->cores()) {
            const auto core = known.lock();
            if (!core)
                continue;
            const auto use = core->usage();
            wakes += use.watch_events;
            if (retains)
                watched_queues += use.grants - use.retaken;
            batched += use.batched;
            retaken += use.retaken;
            if (use.contenders + use.watches + use.local_waits + use.holds + use.retained +
                    use.queued + use.reaping !=
                0)
                violated(each->name() + " still keeps " + std::to_string(use.contenders) +
                         " contenders, " + std::to_string(use.watches) + " watches, " +
                         std::to_string(use.local_waits) + " local waits, " +
                         std::to_string(use.holds) + " holds, " + std::to_string(use.queued) +
                         " requests, " + std::to_string(use.reaping) + " to delete");
        }
    }
    if (servers_.seen().foreign_deletes != 0)
        violated("a contender of somebody else was deleted");
    // One each; and a waiter whose own contender an operator deleted, or, rarely, who left while
    // its predecessor did, may be woken beside the one that follows it.
    if (wakes > deletions_ + watched_queues + deleted_by_operator_.size() + abandoned / 20)
        violated(std::to_string(wakes) + " wakes for " + std::to_string(deletions_) +
                 " contenders that went");
    for (const auto& [key, entry] : store_.entries())
        append({.kind = event_kind::final_value, .value = entry.value}, key);
}

} // namespace paddock::simulation
