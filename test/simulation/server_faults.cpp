#include "test/simulation/fault_kinds.hpp"

#include <utility>

namespace paddock::simulation {
namespace {

heal cut_from_peers(stage& on, std::size_t which, direction ways)
{
    auto& alone = on.servers.server(which);
    std::vector<host*> peers;
    for (auto* const each : all_servers(on)) {
        if (each != &alone)
            peers.push_back(each);
    }
    for (auto* const peer : peers) {
        if (ways.out)
            on.net.block(alone, *peer);
        if (ways.in)
            on.net.block(*peer, alone);
    }
    return [&on, &alone, peers, ways] {
        for (auto* const peer : peers) {
            if (ways.out)
                on.net.unblock(alone, *peer);
            if (ways.in)
                on.net.unblock(*peer, alone);
        }
    };
}

heal kill_server(stage& on, std::size_t which)
{
    on.servers.kill(which);
    return [&on, which] {
        if (!on.servers.server(which).alive())
            on.servers.restart(which);
    };
}

heal stop_server(stage& on, std::size_t which)
{
    on.servers.pause(which);
    return [&on, which] { on.servers.resume(which); };
}

} // namespace

heal follower_isolated(stage& on)
{
    return cut_from_peers(on, some_follower(on), {true, true});
}

heal leader_isolated(stage& on)
{
    return cut_from_peers(on, leader_or_any(on), {true, true});
}

heal leader_mute(stage& on)
{
    return cut_from_peers(on, leader_or_any(on), {true, false});
}

heal leader_deaf(stage& on)
{
    return cut_from_peers(on, leader_or_any(on), {false, true});
}

heal follower_mute(stage& on)
{
    return cut_from_peers(on, some_follower(on), {true, false});
}

// An outage that reads hide; it ends, and before the follower has answered a ping nothing of what
// it says comes through any more.
heal follower_mute_after_outage(stage& on)
{
    auto& follower = on.servers.server(some_follower(on));
    auto& leader = on.servers.server(leader_or_any(on));
    if (&follower == &leader)
        return {};
    *on.hit = true;
    const auto lasts = on.chance.between(on.timeout / 4, on.timeout);
    on.net.cut(leader, follower);
    later(on, lasts, [&on, &leader, &follower] { on.net.mend(leader, follower); });
    later(on, lasts + 50us, [&on, &leader, &follower] { on.net.block(follower, leader); });
    later(on, lasts + on.timeout, [&on, &leader, &follower] { on.net.unblock(follower, leader); });
    return {};
}

// Two servers that cannot talk, and a third that talks to both.
heal bridge(stage& on)
{
    auto& one = on.servers.server(leader_or_any(on));
    auto& two = on.servers.server(some_follower(on));
    if (&one == &two)
        return {};
    *on.hit = true;
    on.net.cut(one, two);
    return [&on, &one, &two] { on.net.mend(one, two); };
}

heal server_cut_off(stage& on)
{
    const auto which = any_server(on);
    auto end = cut_from_peers(on, which, {true, true});
    auto& alone = on.servers.server(which);
    std::vector<host*> clients;
    for (const auto& each : on.programs) {
        clients.push_back(&each->host());
        on.net.cut(alone, each->host());
    }
    return [&on, &alone, clients, end] {
        end();
        for (auto* const each : clients)
            on.net.mend(alone, *each);
    };
}

heal peers_slow(stage& on)
{
    const auto most = on.chance.one_in(3) ? on.timeout : on.timeout / 8;
    const auto all = all_servers(on);
    for (auto* const from : all) {
        for (auto* const to : all) {
            if (from != to && on.chance.one_in(2))
                on.net.slow_down(*from, *to, on.chance.between(0ns, most));
        }
    }
    return [&on, all] {
        for (auto* const from : all) {
            for (auto* const to : all) {
                if (from != to)
                    on.net.slow_down(*from, *to, 0ns);
            }
        }
    };
}

heal leader_killed(stage& on)
{
    return kill_server(on, leader_or_any(on));
}

heal follower_killed(stage& on)
{
    return kill_server(on, some_follower(on));
}

heal leader_stopped(stage& on)
{
    return stop_server(on, leader_or_any(on));
}

heal follower_stopped(stage& on)
{
    return stop_server(on, some_follower(on));
}

heal all_servers_killed(stage& on)
{
    std::vector<heal> ends;
    for (std::size_t each = 0; each < on.servers.size(); ++each)
        ends.push_back(kill_server(on, each));
    return [ends] {
        for (const auto& end : ends)
            end();
    };
}

// What one host of all of them does when it stands still.
heal all_servers_stopped(stage& on)
{
    std::vector<heal> ends;
    for (std::size_t each = 0; each < on.servers.size(); ++each)
        ends.push_back(stop_server(on, each));
    return [ends] {
        for (const auto& end : ends)
            end();
    };
}

// While an isolated leader does not know yet that there is another, clients come back to it.
heal old_leader_visited(stage& on)
{
    for (int turn = 0; turn < 8; ++turn) {
        later(on, on.chance.between(0ns, on.timeout * 2), [&on] {
            on.net.reset(on.programs[any_program(on)]->host());
        });
    }
    return leader_isolated(on);
}

// Its commits go on, and what it knows of its sessions comes late. By how much that costs nothing:
// docs/guarantees.md, "Where the margin goes".
heal leader_pings_late(stage& on)
{
    if (on.timeout < on.servers.tick() * 4)
        return {};
    *on.hit = true;
    on.servers.set_ping_lateness(on.timeout / 8);
    return [&on] { on.servers.set_ping_lateness(0ns); };
}

heal disk_slow(stage& on)
{
    const auto which = any_server(on);
    on.servers.set_sync_to_disk(which, on.chance.between(5ms, on.timeout / 2));
    return [&on, which] { on.servers.set_sync_to_disk(which, 200us); };
}

} // namespace paddock::simulation
