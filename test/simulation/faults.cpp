#include "test/simulation/faults.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {
namespace {

using heal = std::function<void()>;

// ---- whom it hits ------------------------------------------------------------------------------

std::size_t any_program(stage& on)
{
    return on.chance.below(on.programs.size());
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

// ---- clients -----------------------------------------------------------------------------------

heal client_killed(stage& on)
{
    const auto which = any_program(on);
    on.programs[which]->die();
    return [&on, which] { on.replace(which); };
}

// At any step: the process dies when it has done so many more things.
heal client_killed_at_step(stage& on)
{
    const auto which = any_program(on);
    auto* const victim = on.programs[which].get();
    victim->host().die_after(1 + on.chance.below(400), [victim] { victim->die(); });
    return [&on, which, victim] {
        victim->host().die_after(0, nullptr);
        on.replace(which);
    };
}

heal client_stopped(stage& on)
{
    const auto which = any_program(on);
    auto* const victim = on.programs[which].get();
    if (victim->host().runs())
        victim->stop();
    return [&on, which, victim] {
        if (on.programs[which].get() == victim)
            victim->go_on();
    };
}

heal client_stopped_often(stage& on)
{
    const auto which = any_program(on);
    auto* const victim = on.programs[which].get();
    const auto one = on.timeout / 32;
    for (int turn = 0; turn < 12; ++turn) {
        const auto begin = on.where.now() + turn * 2 * one + on.chance.between(0ns, one);
        on.where.at(begin, [&on, which, victim] {
            if (on.programs[which].get() == victim && victim->host().runs())
                victim->stop();
        });
        on.where.at(begin + on.chance.between(1ms, one), [&on, which, victim] {
            if (on.programs[which].get() == victim)
                victim->go_on();
        });
    }
    return [&on, which, victim] {
        if (on.programs[which].get() == victim)
            victim->go_on();
    };
}

// ---- between clients and servers ---------------------------------------------------------------

struct direction {
    bool to_servers;
    bool from_servers;
};

heal cut_client(stage& on, direction ways, const std::vector<host*>& servers)
{
    const auto which = any_program(on);
    auto& client = on.programs[which]->host();
    for (auto* const server : servers) {
        if (ways.to_servers)
            on.net.block(client, *server);
        if (ways.from_servers)
            on.net.block(*server, client);
    }
    return [&on, which, ways, servers, whom = &client] {
        if (&on.programs[which]->host() != whom)
            return; // replaced meanwhile: the network forgot it
        for (auto* const server : servers) {
            if (ways.to_servers)
                on.net.unblock(*whom, *server);
            if (ways.from_servers)
                on.net.unblock(*server, *whom);
        }
    };
}

heal client_cut(stage& on)
{
    return cut_client(on, {true, true}, all_servers(on));
}

heal client_cut_to_servers(stage& on)
{
    return cut_client(on, {true, false}, all_servers(on));
}

heal client_cut_from_servers(stage& on)
{
    return cut_client(on, {false, true}, all_servers(on));
}

heal client_cut_from_one(stage& on)
{
    return cut_client(on, {true, true}, {&on.servers.server(any_server(on))});
}

// Delays of up to twice the session time-out, each way on its own.
heal client_slow(stage& on)
{
    const auto which = any_program(on);
    auto& client = on.programs[which]->host();
    const auto most = on.chance.one_in(2) ? on.timeout * 2 : on.timeout / 8;
    for (auto* const server : all_servers(on)) {
        if (!on.chance.one_in(3))
            on.net.slow_down(client, *server, on.chance.between(0ns, most));
        if (!on.chance.one_in(3))
            on.net.slow_down(*server, client, on.chance.between(0ns, most));
    }
    return [&on, which, whom = &client] {
        if (&on.programs[which]->host() != whom)
            return;
        for (auto* const server : all_servers(on)) {
            on.net.slow_down(*whom, *server, 0ns);
            on.net.slow_down(*server, *whom, 0ns);
        }
    };
}

heal connections_reset(stage& on)
{
    for (int turn = 0; turn < 4; ++turn) {
        on.where.after(on.chance.between(0ns, on.timeout / 4), [&on] {
            on.net.hang_up(on.chance.one_in(2)
                               ? static_cast<host&>(on.programs[any_program(on)]->host())
                               : on.servers.server(any_server(on)));
        });
    }
    return {};
}

// ---- single requests
// -----------------------------------------------------------------------------

heal plan_requests(stage& on, request_faults::kind what)
{
    // Any request of any kind: what befalls them is drawn, not chosen.
    constexpr int turns = 12;
    constexpr code codes[] = {code::no_auth,
                              code::throttled,
                              code::system_error,
                              code::unimplemented,
                              code::bad_arguments,
                              code::session_moved,
                              code::runtime_inconsistency,
                              code::not_empty,
                              code::bad_version};
    for (int turn = 0; turn < turns; ++turn) {
        const auto& client = on.programs[any_program(on)]->host();
        on.requests.plan(client,
                         {.what = what,
                          .answer = codes[on.chance.below(std::size(codes))],
                          .skip = static_cast<std::uint32_t>(on.chance.below(12))});
    }
    return [&on] { on.requests.clear(); };
}

heal requests_cut_before(stage& on)
{
    return plan_requests(on, request_faults::kind::cut_before);
}

heal requests_cut_after(stage& on)
{
    return plan_requests(on, request_faults::kind::cut_after);
}

heal requests_cut_reading(stage& on)
{
    return plan_requests(on, request_faults::kind::cut_reading);
}

heal replies_lost(stage& on)
{
    return plan_requests(on, request_faults::kind::reply_lost);
}

heal requests_fail(stage& on)
{
    return plan_requests(on, request_faults::kind::fail);
}

heal requests_throttled(stage& on)
{
    for (std::size_t each = 0; each < on.servers.size(); ++each)
        on.servers.throttle_next(each, 1 + on.chance.below(40));
    return [&on] {
        for (std::size_t each = 0; each < on.servers.size(); ++each)
            on.servers.throttle_next(each, 0);
    };
}

// ---- among servers
// -------------------------------------------------------------------------------

heal cut_from_peers(stage& on, std::size_t which, direction ways)
{
    auto& alone = on.servers.server(which);
    std::vector<host*> peers;
    for (auto* const each : all_servers(on)) {
        if (each != &alone)
            peers.push_back(each);
    }
    for (auto* const peer : peers) {
        if (ways.to_servers)
            on.net.block(alone, *peer);
        if (ways.from_servers)
            on.net.block(*peer, alone);
    }
    return [&on, &alone, peers, ways] {
        for (auto* const peer : peers) {
            if (ways.to_servers)
                on.net.unblock(alone, *peer);
            if (ways.from_servers)
                on.net.unblock(*peer, alone);
        }
    };
}

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

// Two servers that cannot talk, and a third that talks to both.
heal bridge(stage& on)
{
    auto& one = on.servers.server(leader_or_any(on));
    auto& two = on.servers.server(some_follower(on));
    if (&one == &two)
        return {};
    on.net.cut(one, two);
    return [&on, &one, &two] { on.net.mend(one, two); };
}

heal server_cut_off(stage& on)
{
    const auto which = any_server(on);
    auto end = cut_from_peers(on, which, {true, true});
    auto& alone = on.servers.server(which);
    std::vector<std::pair<std::size_t, host*>> cut;
    for (std::size_t each = 0; each < on.programs.size(); ++each) {
        on.net.cut(alone, on.programs[each]->host());
        cut.emplace_back(each, &on.programs[each]->host());
    }
    return [&on, &alone, cut, end] {
        end();
        for (const auto& [each, whom] : cut) {
            if (&on.programs[each]->host() == whom)
                on.net.mend(alone, *whom);
        }
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

// ---- servers -----------------------------------------------------------------------------------

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

heal disk_slow(stage& on)
{
    const auto which = any_server(on);
    on.servers.set_sync_to_disk(which, on.chance.between(5ms, on.timeout / 2));
    return [&on, which] { on.servers.set_sync_to_disk(which, 200us); };
}

// ---- sessions ----------------------------------------------------------------------------------

// Cut off for longer than the time-out. (An administrator who expires a living session voids the
// derivation of belief; that is not done here.)
heal session_expires(stage& on)
{
    auto& client = on.programs[any_program(on)]->host();
    for (auto* const server : all_servers(on)) {
        on.net.cut(client, *server);
        on.where.after(on.timeout * 2, [&on, &client, server] {
            if (client.alive())
                on.net.mend(client, *server);
        });
    }
    return {};
}

heal session_replaced(stage& on)
{
    on.servers.replace_next_session();
    on.net.hang_up(on.programs[any_program(on)]->host());
    return {};
}

heal session_moves(stage& on)
{
    // Its server is slow to hear that the connection is gone, and what was sent is still on its
    // way.
    const auto which = any_program(on);
    auto& client = on.programs[which]->host();
    for (auto* const server : all_servers(on)) {
        if (on.chance.one_in(2))
            on.net.slow_down(client, *server, on.chance.between(1ms, on.timeout / 4));
    }
    on.net.hang_up(client);
    return [&on, which, whom = &client] {
        if (&on.programs[which]->host() != whom)
            return;
        for (auto* const server : all_servers(on))
            on.net.slow_down(*whom, *server, 0ns);
    };
}

heal sessions_closed_in_use(stage& on)
{
    auto& victim = *on.programs[any_program(on)];
    if (victim.host().runs())
        victim.host().run_as_user([&] { victim.renew_session(0); });
    return {};
}

// ---- operators
// -----------------------------------------------------------------------------------

std::vector<std::string> contenders(stage& on)
{
    std::vector<std::string> found;
    for (auto& each : on.servers.nodes_below(on.root)) {
        if (each.stat.ephemeral_owner != 0)
            found.push_back(std::move(each.path));
    }
    return found;
}

void repeat(stage& on, int times, nanoseconds within, std::function<void()> what)
{
    for (int turn = 0; turn < times; ++turn)
        on.where.after(on.chance.between(0ns, within), what);
}

// Holders' nodes, waiters' nodes, and predecessors between a listing and a watch: whatever is
// there.
heal contenders_deleted(stage& on)
{
    repeat(on, 10, on.timeout, [&on] {
        const auto found = contenders(on);
        if (found.empty())
            return;
        const auto& victim = found[on.chance.below(found.size())];
        on.seen.operator_deletes(victim);
        on.servers.remove_by_operator(victim);
    });
    return {};
}

// Again and again for a short time: deletions fall between any two steps of an attempt.
heal contenders_deleted_fast(stage& on)
{
    repeat(on, 40, 50ms, [&on] {
        const auto found = contenders(on);
        if (found.empty())
            return;
        const auto& victim = found[on.chance.below(found.size())];
        on.seen.operator_deletes(victim);
        on.servers.remove_by_operator(victim);
    });
    return {};
}

heal parents_deleted(stage& on)
{
    repeat(on, 40, on.timeout / 2, [&on] {
        for (const auto& each : on.servers.nodes_below(on.root)) {
            if (each.stat.ephemeral_owner == 0 && each.path != on.root && on.chance.one_in(2))
                on.servers.remove_by_operator(each.path);
        }
    });
    return {};
}

heal containers_reaped(stage& on)
{
    repeat(on, 60, on.timeout, [&on] { on.servers.check_containers_now(); });
    return {};
}

heal foreign_nodes(stage& on)
{
    repeat(on, 4, on.timeout / 2, [&on] {
        for (const auto& each : on.servers.nodes_below(on.root)) {
            if (each.stat.ephemeral_owner != 0 || each.path == on.root)
                continue;
            const auto path = each.path + "/somebody-0000000000";
            on.servers.create_by_operator(path, "");
            on.where.after(on.timeout / 4, [&on, path] { on.servers.remove_by_operator(path); });
            return;
        }
    });
    return {};
}

heal counters_near_end(stage& on)
{
    constexpr std::int32_t first_refused = 2'147'483'647 - 1'000'000;
    for (const auto& each : on.servers.nodes_below(on.root)) {
        if (each.stat.ephemeral_owner == 0 && each.path != on.root)
            on.servers.set_next_sequence(
                each.path,
                on.chance.one_in(2)
                    ? first_refused - static_cast<std::int32_t>(on.chance.below(20))
                    : 2'147'483'647 - static_cast<std::int32_t>(on.chance.below(8)));
    }
    // Its cure: the emptied container goes, and its successor counts from zero.
    return [&on] { on.servers.check_containers_now(); };
}

} // namespace

const std::vector<fault>& faults()
{
    static const std::vector<fault> all{
        {"client-killed", client_killed, 1'500},
        {"client-killed-at-step", client_killed_at_step, 1'500},
        {"client-stopped", client_stopped, 2'000},
        {"client-stopped-often", client_stopped_often, 1'000},
        {"client-cut", client_cut, 2'000},
        {"client-cut-to-servers", client_cut_to_servers, 1'500},
        {"client-cut-from-servers", client_cut_from_servers, 1'500},
        {"client-cut-from-one", client_cut_from_one, 1'500},
        {"client-slow", client_slow, 2'000},
        {"connections-reset", connections_reset, 500},
        {"requests-cut-before", requests_cut_before, 1'000},
        {"requests-cut-after", requests_cut_after, 1'000},
        {"requests-cut-reading", requests_cut_reading, 1'000},
        {"replies-lost", replies_lost, 1'000},
        {"requests-fail", requests_fail, 1'000},
        {"requests-throttled", requests_throttled, 1'000},
        {"follower-isolated", follower_isolated, 2'500},
        {"leader-isolated", leader_isolated, 2'500},
        {"leader-mute", leader_mute, 2'000},
        {"leader-deaf", leader_deaf, 2'000},
        {"follower-mute", follower_mute, 2'000},
        {"bridge", bridge, 2'000},
        {"server-cut-off", server_cut_off, 2'000},
        {"peers-slow", peers_slow, 1'500},
        {"leader-killed", leader_killed, 1'000},
        {"follower-killed", follower_killed, 1'000},
        {"leader-stopped", leader_stopped, 2'000},
        {"follower-stopped", follower_stopped, 2'000},
        {"all-servers-killed", all_servers_killed, 500},
        {"disk-slow", disk_slow, 1'500},
        {"session-expires", session_expires, 3'000},
        {"session-replaced", session_replaced, 200},
        {"session-moves", session_moves, 1'000},
        {"session-closed-in-use", sessions_closed_in_use, 100},
        {"contenders-deleted", contenders_deleted, 1'000},
        {"contenders-deleted-fast", contenders_deleted_fast, 200},
        {"parents-deleted", parents_deleted, 500},
        {"containers-reaped", containers_reaped, 1'000},
        {"foreign-nodes", foreign_nodes, 800},
        {"counters-near-end", counters_near_end, 1'000},
    };
    return all;
}

} // namespace paddock::simulation
