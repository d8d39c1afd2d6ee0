#include "test/simulation/fault_kinds.hpp"

namespace paddock::simulation {
namespace {

heal cut_client(stage& on, direction ways, const std::vector<host*>& servers)
{
    auto& client = on.programs[any_program(on)]->host();
    for (auto* const server : servers) {
        if (ways.out)
            on.net.block(client, *server);
        if (ways.in)
            on.net.block(*server, client);
    }
    return [&on, ways, servers, whom = &client] {
        for (auto* const server : servers) {
            if (ways.out)
                on.net.unblock(*whom, *server);
            if (ways.in)
                on.net.unblock(*server, *whom);
        }
    };
}

// Stops it between two moments from now on.
void stop_between(stage& on, std::size_t which, nanoseconds begin, nanoseconds end)
{
    auto* const victim = on.programs[which].get();
    later(on, begin, [&on, which, victim] {
        if (on.programs[which].get() == victim && victim->host().runs())
            victim->stop();
    });
    later(on, end, [&on, which, victim] {
        if (on.programs[which].get() == victim)
            victim->go_on();
    });
}

} // namespace

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
    victim->host().die_after(1 + on.chance.below(400), [victim, hit = on.hit] {
        *hit = true;
        victim->die();
    });
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

// For less than a server needs to take it for gone: on the same connection it goes on, with
// whatever came due meanwhile.
heal client_stopped_briefly(stage& on)
{
    for (int turn = 0; turn < 3; ++turn) {
        const auto begin = on.chance.between(0ns, on.timeout);
        const auto lasts = on.chance.between(on.timeout / 8, on.timeout * 2 / 3);
        stop_between(on, any_program(on), begin, begin + lasts);
    }
    return {};
}

heal client_stopped_often(stage& on)
{
    const auto which = any_program(on);
    auto* const victim = on.programs[which].get();
    const auto one = on.timeout / 32;
    for (int turn = 0; turn < 12; ++turn) {
        const auto begin = turn * 2 * one + on.chance.between(0ns, one);
        stop_between(on, which, begin, begin + on.chance.between(1ms, one));
    }
    return [&on, which, victim] {
        if (on.programs[which].get() == victim)
            victim->go_on();
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
    auto& client = on.programs[any_program(on)]->host();
    const auto most = on.chance.one_in(2) ? on.timeout * 2 : on.timeout / 8;
    for (auto* const server : all_servers(on)) {
        if (!on.chance.one_in(3))
            on.net.slow_down(client, *server, on.chance.between(0ns, most));
        if (!on.chance.one_in(3))
            on.net.slow_down(*server, client, on.chance.between(0ns, most));
    }
    return [&on, whom = &client] {
        for (auto* const server : all_servers(on)) {
            on.net.slow_down(*whom, *server, 0ns);
            on.net.slow_down(*server, *whom, 0ns);
        }
    };
}

heal connections_reset(stage& on)
{
    for (int turn = 0; turn < 4; ++turn) {
        later(on, on.chance.between(0ns, on.timeout / 4), [&on] {
            on.net.reset(on.chance.one_in(2)
                             ? static_cast<host&>(on.programs[any_program(on)]->host())
                             : on.servers.server(any_server(on)));
        });
    }
    return {};
}

} // namespace paddock::simulation
