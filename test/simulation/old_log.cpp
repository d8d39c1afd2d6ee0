// A long run would keep every transaction for ever: what all servers have goes into the snapshot,
// which is what a server starts from.

#include "test/simulation/server.hpp"
#include "test/simulation/surroundings.hpp"

#include <algorithm>

namespace paddock::simulation {

namespace {

constexpr txn_log::position kept_at_least = 512;

} // namespace

void surroundings::drop_old_log()
{
    const auto& first = servers.front()->log();
    if (first.end() < first.begin() + 2 * kept_at_least)
        return;
    auto end = first.end();
    for (const auto& one : servers) {
        end = std::min(end, one->log().synced());
        if (one->alive())
            end = std::min(end, one->applied());
    }
    if (end < first.begin() + kept_at_least)
        return;
    // A server that is dead or cut off may end with what the others never had.
    for (const auto& one : servers) {
        if (one->log().zxid_before(end) != first.zxid_before(end))
            return;
    }
    for (auto at = first.begin(); at < end; ++at) {
        const auto& old = *first.at(at);
        snapshot.apply(old);
        for (const auto& change : old.changes) {
            // Every tree but the snapshot is made of it and the log, so this was the last mention.
            if (change.what == change_kind::create)
                paths.keep(change.path);
            paths.let_go(change.path);
            if (change.what == change_kind::remove)
                paths.let_go(change.path);
        }
    }
    for (const auto& one : servers)
        one->drop_log_until(end);
}

} // namespace paddock::simulation
