#include "test/simulation/fault_kinds.hpp"

#include <iterator>

namespace paddock::simulation {
namespace {

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
                          .skip = static_cast<std::uint32_t>(on.chance.below(12)),
                          .hit = on.hit});
    }
    return [&on, mark = on.hit] { on.requests.clear(mark); };
}

} // namespace

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

heal answers_garbled(stage& on)
{
    return plan_requests(on, request_faults::kind::garbled);
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

} // namespace paddock::simulation
