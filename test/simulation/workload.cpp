#include "test/simulation/workload.hpp"

namespace paddock::simulation {

// Hot keys get few workers with little to do, so that the queue, not the work, is what is tested;
// many keys get more of everything. All reach the operations of a trial in about ten time-outs.
const std::vector<workload>& workloads()
{
    static const std::vector<workload> all{
        {.name = "hot-key", .processes = 4, .workers_each = 3, .think_max = 60, .hold_max = 6},
        {.name = "many-keys",
         .processes = 4,
         .workers_each = 4,
         .keys = 10'000,
         .think_max = 120,
         .hold_max = 60,
         .look_once = 10,
         .limited = 30,
         .ends_cancelled = 10},
        {.name = "timed",
         .processes = 3,
         .workers_each = 5,
         .keys = 3,
         .think_max = 60,
         .hold_max = 40,
         .look_once = 25,
         .limited = 70,
         .kept = 4,
         .limit_max = 200,
         .max_hold = 30},
        {.name = "cancelling",
         .processes = 3,
         .workers_each = 5,
         .keys = 2,
         .think_max = 60,
         .hold_max = 20,
         .limited = 20,
         .cancelled = 50},
        {.name = "renewals",
         .processes = 3,
         .workers_each = 4,
         .keys = 3,
         .think_max = 60,
         .hold_max = 20,
         .limited = 20,
         .cancelled = 5,
         .sessions_renewed = 3},
        {.name = "two-sessions",
         .processes = 2,
         .sessions_each = 2,
         .workers_each = 6,
         .keys = 2,
         .think_max = 60,
         .hold_max = 10,
         .limited = 20,
         .verified = 10},
        {.name = "cache-producer",
         .processes = 4,
         .workers_each = 4,
         .keys = 24,
         .think_max = 80,
         .hold_max = 60,
         .limited = 50,
         .verified = 30,
         .write_late = 60,
         .ends_cancelled = 20,
         .limit_max = 400},
        // Many at once in one session: what they ask for shares transactions.
        {.name = "crowds",
         .processes = 2,
         .workers_each = 24,
         .keys = 1'000,
         .think_max = 120,
         .hold_max = 40,
         .beat = 20,
         .look_once = 10,
         .limited = 30,
         .cancelled = 10,
         .ends_cancelled = 10},
        // Sessions that have nothing to say but to keep what they hold, with rivals behind them.
        {.name = "long-holds",
         .processes = 4,
         .workers_each = 1,
         .think_max = 1'500,
         .hold_max = 5'000,
         .verified = 10,
         .kept = 20,
         .lasts = 40,
         .has_neighbour = true},
        // Sessions with nothing to prove for most of the time: the first lock has to prove them.
        {.name = "now-and-then",
         .processes = 4,
         .workers_each = 1,
         .keys = 3,
         .think_max = 800,
         .hold_max = 100,
         .limited = 20,
         .lasts = 40,
         .has_neighbour = true},
        // Alone in its session: whatever is left of an attempt is no other's.
        {.name = "lone-cancellers",
         .processes = 4,
         .workers_each = 1,
         .think_max = 20,
         .hold_max = 10,
         .cancelled = 70,
         .cancels_totally = true},
    };
    return all;
}

const workload& neighbour()
{
    static const workload busy{.name = "neighbour",
                               .processes = 1,
                               .workers_each = 4,
                               .keys = 100,
                               .think_max = 120,
                               .hold_max = 40,
                               .limited = 30};
    return busy;
}

} // namespace paddock::simulation
