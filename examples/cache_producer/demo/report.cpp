#include "demo/report.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

namespace cache_producer {

namespace {

double events_per_second(const run_summary& run)
{
    return run.traffic_seconds > 0 ? static_cast<double>(run.traffic.events) / run.traffic_seconds
                                   : 0;
}

void write_head(std::ostream& out, const run_summary& run)
{
    out << "\nevents handled per second, peak " << std::lround(run.peak_per_second)
        << "; K: instance killed, S: instance stopped, L: leader killed\n"
        << run.picture << "\n\n"
        << run.traffic.events << " events (" << run.traffic.duplicates << " duplicates) for "
        << run.plan.products << " products in " << std::fixed << std::setprecision(1)
        << run.traffic_seconds << " s, " << std::setprecision(0) << events_per_second(run)
        << "/s by " << run.instances << " instances; seed " << run.plan.seed << "\n"
        << run.audit.sections << " sections, " << run.audit.writes_accepted << " writes, "
        << run.audit.stale_writes_refused << " stale refused, " << run.audit.fenced_writes_refused
        << " fenced; " << run.traffic.evictions << " evictions, " << run.audit.rebuilds
        << " rebuilt by reads; " << run.audit.sections_lost << " sections lost\n\n";
}

} // namespace

std::string as_table(const run_summary& run)
{
    std::ostringstream out;
    write_head(out, run);
    std::size_t widest = 0;
    for (const auto& one : run.audit.invariants)
        widest = std::max(widest, one.promise.size());
    for (const auto& one : run.audit.invariants)
        out << (one.holds ? "  ok      " : "  BROKEN  ") << std::left
            << std::setw(static_cast<int>(widest)) << one.promise << "  " << one.found << "\n";
    for (const auto& text : run.audit.findings)
        out << "          " << text << "\n";
    out << "\naudit " << (run.audit.passed() ? "passed" : "FAILED")
        << (run.locking ? "" : "; locks were switched off")
        << (run.fencing ? "" : "; writes were not fenced") << "\n";
    return out.str();
}

std::string as_json(const run_summary& run)
{
    const auto& audit = run.audit;
    nlohmann::ordered_json json{
        {"passed", audit.passed()},
        {"locking", run.locking},
        {"fencing", run.fencing},
        {"seed", run.plan.seed},
        {"events", run.traffic.events},
        {"changes", run.plan.changes},
        {"duplicates", run.traffic.duplicates},
        {"products", run.plan.products},
        {"instances", run.instances},
        {"kills", run.faults.kills},
        {"leader_restarts", run.faults.leader_restarts},
        {"sections", audit.sections},
        {"sections_lost", audit.sections_lost},
        {"writes_accepted", audit.writes_accepted},
        {"stale_writes_refused", audit.stale_writes_refused},
        {"fenced_writes_refused", audit.fenced_writes_refused},
        {"double_holders", audit.double_holders},
        {"token_inversions", audit.token_inversions},
        {"mismatches", audit.mismatches},
        {"unacked", run.unacked},
        {"dead_letters", run.dead_letters},
        {"orphans", run.orphans},
        {"evictions", run.traffic.evictions},
        {"rebuilds", audit.rebuilds},
        {"freed_after_ms", nullptr},
        {"stopped_for_ms", run.faults.stopped_for.count()},
        {"late_write", run.faults.late_write},
        {"without_leader_ms", run.faults.without_leader.count()},
        {"events_per_second", std::lround(events_per_second(run))},
        {"seconds", std::round(run.seconds * 10) / 10},
    };
    if (run.faults.freed_after)
        json["freed_after_ms"] = run.faults.freed_after->count();
    for (const auto& one : audit.invariants) {
        if (!one.holds)
            json["broken"].push_back(one.promise + ": " + one.found);
    }
    return json.dump();
}

} // namespace cache_producer
