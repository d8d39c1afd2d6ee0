#include "test/support/proxy_rules.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace paddock::test {

namespace {

// Offsets in a frame, its length included.
constexpr std::size_t xid_offset = 4;
constexpr std::size_t opcode_offset = 8;
constexpr std::size_t session_offset = 12; // in the answer to the handshake: version, time-out, id

// The handshake has no number; 0 is used by no client, both C and Java count from a positive one.
constexpr std::int32_t handshake_xid = 0;

bool counts(const std::vector<opcode>& of, opcode op)
{
    if (of.empty())
        return op != opcode::create_session && op != opcode::ping;
    return std::find(of.begin(), of.end(), op) != of.end();
}

cut_point checked(cut_point at)
{
    if (at.nth == 0)
        throw std::invalid_argument("cut_point::nth: counted from 1");
    return at;
}

void forget_pending(conversation& with, std::int32_t xid)
{
    const auto same = [xid](const auto& request) { return request.xid == xid; };
    const auto found = std::find_if(with.pending.begin(), with.pending.end(), same);
    if (found != with.pending.end())
        with.pending.erase(found);
}

} // namespace

std::size_t proxy_counters::count(const std::vector<opcode>& of) const
{
    std::size_t sum = 0;
    for (const auto& [op, number] : requests)
        sum += counts(of, op) ? number : 0;
    return sum;
}

void proxy_rules::cut_before(cut_point at)
{
    before_ = checked(std::move(at));
}

void proxy_rules::cut_after(cut_point at)
{
    after_ = checked(std::move(at));
}

void proxy_rules::clear_cuts() noexcept
{
    before_.reset();
    after_.reset();
}

bool proxy_rules::take_hold_off() noexcept
{
    return std::exchange(hold_off_, false);
}

bool proxy_rules::reached(std::optional<cut_point>& cut, opcode op)
{
    if (!cut || !counts(cut->of, op) || --cut->nth > 0)
        return false;
    hold_off_ = cut->hold_off_until_released;
    cut.reset();
    return true;
}

verdict proxy_rules::end_before(conversation& with) const
{
    with.ending = true;
    return with.pending.empty() ? verdict::drop_and_cut : verdict::drop;
}

verdict proxy_rules::on_request(conversation& with, std::string_view frame)
{
    if (with.opaque)
        return verdict::forward;
    if (with.ending)
        return verdict::drop;

    const bool handshake = !std::exchange(with.client_greeted, true);
    const auto op =
        handshake ? opcode::create_session : static_cast<opcode>(int32_at(frame, opcode_offset));
    const auto xid = handshake ? handshake_xid : int32_at(frame, xid_offset);
    ++counters.requests[op];

    if (reached(before_, op))
        return end_before(with);
    if (reached(after_, op)) {
        with.ending = true;
        with.drop_xid = xid;
    }
    with.pending.push_back({xid, op});
    return verdict::forward;
}

verdict proxy_rules::on_reply(conversation& with, std::string_view frame)
{
    if (with.opaque)
        return verdict::forward;

    const bool handshake = !std::exchange(with.server_greeted, true);
    const auto xid = handshake ? handshake_xid : int32_at(frame, xid_offset);
    if (xid == watch_event_xid) {
        ++counters.watch_events;
        return verdict::forward;
    }
    ++counters.replies;
    if (handshake)
        counters.session = int64_at(frame, session_offset);
    forget_pending(with, xid);

    if (with.drop_xid == xid)
        return verdict::drop_and_cut;
    if (with.ending && !with.drop_xid && with.pending.empty())
        return verdict::forward_and_cut;
    return verdict::forward;
}

} // namespace paddock::test
