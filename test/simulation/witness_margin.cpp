// How far a belief stays away from what the leader may do: docs/guarantees.md, "Why a hold may be
// believed".

#include "src/session_core.hpp"
#include "test/simulation/witness.hpp"

#include <algorithm>
#include <string>

namespace paddock::simulation {
namespace {

std::string in_milliseconds(nanoseconds time)
{
    return std::to_string(time.count() / 1'000'000) + " ms";
}

} // namespace

// The end is told in time: an eighth of the time-out before the leader may expire the session, by
// its record of now, which only gets newer. Its rounding up to the next tick is not counted. A
// fiftieth of the eighth is for clocks that drift.
void witness::check_margin(const observed& of)
{
    if (of.usurped_ || !of.granted_->believed())
        return;
    const auto& core = *of.granted_->core();
    const auto expiry = servers_.earliest_expiry(core.session_id());
    if (!expiry)
        return;
    const auto until = of.owner_.global(of.granted_->valid_until());
    const auto margin = *expiry - until;
    least_margin_ = std::min(least_margin_,
                             std::chrono::duration<double>(margin) /
                                 std::chrono::duration<double>(core.timeout()));
    if (margin < core.timeout() / 8 - core.timeout() / 400)
        violated("key " + of.key_ + ": " + of.owner_.name() + " may believe until " +
                 in_milliseconds(margin) + " before the leader may expire its session, of " +
                 in_milliseconds(core.timeout()));
}

// Who has seen his hold end must never see it believed again, whatever arrives late.
void witness::check_stays_lost(observed& of)
{
    const bool believed = of.granted_->believed();
    if (believed && of.doubted_)
        violated("key " + of.key_ + ": " + of.owner_.name() + " believes again in token " +
                 std::to_string(of.began_.token) + ", which it had stopped to believe in");
    of.doubted_ |= !believed;
}

// A grant comes with at least a quarter of the time-out of belief, unless `max_hold` ends it first.
void witness::check_lasts(const observed& next)
{
    auto& granted = *next.granted_;
    if (granted.expires() != time_point::max())
        return;
    const auto left =
        granted.believed() ? granted.valid_until() - next.owner_.local_now() : nanoseconds{0};
    if (left < granted.core()->timeout() / 4)
        violated("key " + next.key_ + ": token " + std::to_string(next.began_.token) +
                 " is granted with " + in_milliseconds(left) + " of belief");
}

} // namespace paddock::simulation
