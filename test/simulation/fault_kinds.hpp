#pragma once

#include "test/simulation/faults.hpp"

#include <cstddef>
#include <vector>

namespace paddock::simulation {

/// Ends a fault; empty if it ends by itself.
using heal = std::function<void()>;

// Whom it hits.

std::size_t any_program(stage& on);
std::size_t any_server(stage& on);
std::size_t leader_or_any(stage& on);
std::size_t some_follower(stage& on);
std::vector<host*> all_servers(stage& on);

/// Unless faults are over by then.
void later(stage& on, nanoseconds delay, std::function<void()> what);
void repeat(stage& on, int times, nanoseconds within, const std::function<void()>& what);

/// Which ways of a host are closed.
struct direction {
    bool out;
    bool in;
};

// client_faults.cpp: processes, and the ways between them and the servers
heal client_killed(stage& on);
heal client_killed_at_step(stage& on);
heal client_stopped(stage& on);
heal client_stopped_briefly(stage& on);
heal client_stopped_often(stage& on);
heal client_cut(stage& on);
heal client_cut_to_servers(stage& on);
heal client_cut_from_servers(stage& on);
heal client_cut_from_one(stage& on);
heal client_slow(stage& on);
heal connections_reset(stage& on);

// request_fault_plans.cpp: single requests
heal requests_cut_before(stage& on);
heal requests_cut_after(stage& on);
heal requests_cut_reading(stage& on);
heal replies_lost(stage& on);
heal requests_fail(stage& on);
heal answers_garbled(stage& on);
heal requests_throttled(stage& on);

// server_faults.cpp: servers, and the ways among them
heal follower_isolated(stage& on);
heal leader_isolated(stage& on);
heal leader_mute(stage& on);
heal leader_deaf(stage& on);
heal follower_mute(stage& on);
heal follower_mute_after_outage(stage& on);
heal bridge(stage& on);
heal server_cut_off(stage& on);
heal peers_slow(stage& on);
heal leader_killed(stage& on);
heal follower_killed(stage& on);
heal leader_stopped(stage& on);
heal follower_stopped(stage& on);
heal all_servers_killed(stage& on);
heal all_servers_stopped(stage& on);
heal old_leader_visited(stage& on);
heal disk_slow(stage& on);
heal leader_pings_late(stage& on);

// operator_faults.cpp: sessions and people
heal session_expires(stage& on);
heal session_replaced(stage& on);
heal session_moves(stage& on);
heal sessions_closed_in_use(stage& on);
heal contenders_deleted(stage& on);
heal contenders_deleted_fast(stage& on);
heal parents_deleted(stage& on);
heal containers_reaped(stage& on);
heal counters_near_end(stage& on);

// foreign_faults.cpp: what other clients leave in the queues
heal foreign_nodes(stage& on);
heal foreign_contenders(stage& on);

} // namespace paddock::simulation
