#include "test/simulation/fault_kinds.hpp"

#include <string>
#include <utility>

namespace paddock::simulation {
namespace {

std::vector<std::string> contenders(stage& on)
{
    std::vector<std::string> found;
    for (auto& each : on.servers.nodes_below(on.root)) {
        if (each.stat.ephemeral_owner != 0)
            found.push_back(std::move(each.path));
    }
    return found;
}

// Holders' nodes, waiters' nodes, and predecessors between a listing and a watch: whatever is
// there.
void delete_contenders(stage& on, int times, nanoseconds within)
{
    repeat(on, times, within, [&on, hit = on.hit] {
        const auto found = contenders(on);
        if (found.empty())
            return;
        *hit = true;
        const auto& victim = found[on.chance.below(found.size())];
        on.seen.operator_deletes(victim);
        on.servers.remove_by_operator(victim);
    });
}

} // namespace

// Cut off for longer than the time-out. (An administrator who expires a living session voids the
// derivation of belief; that is not done here.)
heal session_expires(stage& on)
{
    auto& client = on.programs[any_program(on)]->host();
    for (auto* const server : all_servers(on)) {
        on.net.cut(client, *server);
        on.where.after(on.timeout * 2, [&on, &client, server] { on.net.mend(client, *server); });
    }
    return {};
}

heal session_replaced(stage& on)
{
    on.servers.replace_next_session();
    on.net.reset(on.programs[any_program(on)]->host());
    return {};
}

// Only the client's end is closed, and its server is slow to hear that: what was sent is still on
// its way while the session is resumed elsewhere.
heal session_moves(stage& on)
{
    auto& client = on.programs[any_program(on)]->host();
    for (auto* const server : all_servers(on)) {
        if (on.chance.one_in(2))
            on.net.slow_down(client, *server, on.chance.between(1ms, on.timeout / 4));
    }
    for (int turn = 0; turn < 4; ++turn)
        on.requests.plan(client,
                         {.what = request_faults::kind::cut_after,
                          .skip = static_cast<std::uint32_t>(on.chance.below(8)),
                          .hit = on.hit});
    return [&on, whom = &client, mark = on.hit] {
        on.requests.clear(mark);
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

heal contenders_deleted(stage& on)
{
    delete_contenders(on, 10, on.timeout);
    return {};
}

// Again and again for a short time: deletions fall between any two steps of an attempt.
heal contenders_deleted_fast(stage& on)
{
    delete_contenders(on, 40, 50ms);
    return {};
}

void delete_with_children(stage& on, const std::string& parent)
{
    for (const auto& each : on.servers.nodes_below(parent)) {
        if (each.stat.ephemeral_owner != 0)
            on.seen.operator_deletes(each.path);
        on.servers.remove_by_operator(each.path);
    }
    on.servers.remove_by_operator(parent);
}

// Empty ones at any moment, and now and then one with all that stand in it.
heal parents_deleted(stage& on)
{
    repeat(on, 4, on.timeout / 2, [&on, hit = on.hit] {
        for (const auto& each : on.servers.nodes_below(on.root)) {
            if (each.stat.ephemeral_owner != 0 || each.path == on.root || !on.chance.one_in(2))
                continue;
            *hit = true;
            return delete_with_children(on, each.path);
        }
    });
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

heal counters_near_end(stage& on)
{
    constexpr std::int32_t first_refused = 2'147'483'647 - 1'000'000;
    for (const auto& each : on.servers.nodes_below(on.root)) {
        if (each.stat.ephemeral_owner != 0 || each.path == on.root)
            continue;
        *on.hit = true;
        on.seen.may_be_worn_out = true;
        on.servers.set_next_sequence(
            each.path,
            on.chance.one_in(2) ? first_refused - static_cast<std::int32_t>(on.chance.below(20))
                                : 2'147'483'647 - static_cast<std::int32_t>(on.chance.below(8)));
    }
    // Its cure: the emptied container goes, and its successor counts from zero.
    return [&on] { on.servers.check_containers_now(); };
}

} // namespace paddock::simulation
