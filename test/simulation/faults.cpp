#include "test/simulation/faults.hpp"

#include "test/simulation/fault_kinds.hpp"

#include <utility>

namespace paddock::simulation {

// ---- whom it hits ------------------------------------------------------------------------------

// A dead one only if all are.
std::size_t any_program(stage& on)
{
    auto which = on.chance.below(on.programs.size());
    for (std::size_t tried = 0; tried < on.programs.size(); ++tried) {
        if (on.programs[which]->host().alive())
            break;
        which = (which + 1) % on.programs.size();
    }
    return which;
}

std::size_t any_server(stage& on)
{
    return on.chance.below(on.servers.size());
}

std::size_t leader_or_any(stage& on)
{
    return on.servers.leader().value_or(any_server(on));
}

std::size_t some_follower(stage& on)
{
    const auto leader = leader_or_any(on);
    return (leader + 1 + on.chance.below(on.servers.size() - 1)) % on.servers.size();
}

std::vector<host*> all_servers(stage& on)
{
    std::vector<host*> all;
    for (std::size_t each = 0; each < on.servers.size(); ++each)
        all.push_back(&on.servers.server(each));
    return all;
}

// ---- what it does later -----------------------------------------------------------------------

void later(stage& on, nanoseconds delay, std::function<void()> what)
{
    on.where.after(delay, [&on, what = std::move(what)] {
        if (!on.calm)
            what();
    });
}

void repeat(stage& on, int times, nanoseconds within, const std::function<void()>& what)
{
    for (int turn = 0; turn < times; ++turn)
        later(on, on.chance.between(0ns, within), what);
}

// ---- all of them --------------------------------------------------------------------------------

const std::vector<fault>& faults()
{
    constexpr bool may_miss = true;
    static const std::vector<fault> all{
        {"client-killed", client_killed, 1'500},
        {"client-killed-at-step", client_killed_at_step, 1'500, may_miss},
        {"client-stopped", client_stopped, 2'000},
        {"client-stopped-briefly", client_stopped_briefly, 1'000},
        {"client-stopped-often", client_stopped_often, 1'000},
        {"client-cut", client_cut, 2'000},
        {"client-cut-to-servers", client_cut_to_servers, 1'500},
        {"client-cut-from-servers", client_cut_from_servers, 1'500},
        {"client-cut-from-one", client_cut_from_one, 1'500},
        {"client-slow", client_slow, 2'000},
        {"connections-reset", connections_reset, 500},
        {"requests-cut-before", requests_cut_before, 1'000, may_miss},
        {"requests-cut-after", requests_cut_after, 1'000, may_miss},
        {"requests-cut-reading", requests_cut_reading, 1'000, may_miss},
        {"replies-lost", replies_lost, 1'000, may_miss},
        {"requests-fail", requests_fail, 1'000, may_miss},
        {"answers-garbled", answers_garbled, 1'000, may_miss},
        {"requests-throttled", requests_throttled, 1'000},
        {"follower-isolated", follower_isolated, 2'500},
        {"leader-isolated", leader_isolated, 2'500},
        {"leader-mute", leader_mute, 2'000},
        {"leader-deaf", leader_deaf, 2'000},
        {"follower-mute", follower_mute, 2'000},
        {"follower-mute-after-outage", follower_mute_after_outage, 2'000, may_miss},
        {"bridge", bridge, 2'000, may_miss},
        {"server-cut-off", server_cut_off, 2'000},
        {"peers-slow", peers_slow, 1'500},
        {"leader-killed", leader_killed, 1'000},
        {"follower-killed", follower_killed, 1'000},
        {"leader-stopped", leader_stopped, 2'000},
        {"follower-stopped", follower_stopped, 2'000},
        {"all-servers-killed", all_servers_killed, 500},
        {"all-servers-stopped", all_servers_stopped, 1'000},
        {"old-leader-visited", old_leader_visited, 2'500},
        {"disk-slow", disk_slow, 1'500},
        {"leader-pings-late", leader_pings_late, 3'000, may_miss},
        {"session-expires", session_expires, 3'000},
        {"session-replaced", session_replaced, 200},
        {"session-moves", session_moves, 1'000, may_miss},
        {"session-closed-in-use", sessions_closed_in_use, 100},
        {"contenders-deleted", contenders_deleted, 1'000, may_miss},
        {"contenders-deleted-fast", contenders_deleted_fast, 200, may_miss},
        {"parents-deleted", parents_deleted, 500, may_miss},
        {"containers-reaped", containers_reaped, 1'000},
        {"foreign-nodes", foreign_nodes, 800, may_miss},
        {"foreign-contenders", foreign_contenders, 1'000, may_miss},
        {"counters-near-end", counters_near_end, 1'000, may_miss},
    };
    return all;
}

} // namespace paddock::simulation
