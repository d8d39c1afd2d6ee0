#include "src/belief.hpp"

#include <algorithm>
#include <cstddef>

namespace paddock::detail {
namespace {

// One contact per timeout/64 is finer than any rule here needs, and 64 of them span the time-out.
constexpr int contacts_per_timeout = 64;
constexpr std::size_t contacts_max = 64;

} // namespace

void belief::connected(time_point started, nanoseconds timeout)
{
    contacts_.clear();
    evidence_.clear();
    interrupted_ = false;
    timeout_ = timeout;
    floor_ = std::max(floor_, started);
    last_contact_ = std::max(last_contact_, started);
    // A server that grants a shorter time-out than before also expires sooner than we believed.
    deadline_ = std::min(deadline_, started + timeout * 7 / 8);
}

void belief::answered(time_point sent, time_point received)
{
    if (!contacts_.empty() && received - last_contact_ > timeout_ / 8) {
        contacts_.clear();
        interrupted_ = true;
    }
    last_contact_ = std::max(last_contact_, sent);
    if (!contacts_.empty() && sent - contacts_.back().sent < timeout_ / contacts_per_timeout)
        return;
    contacts_.push_back({sent, received});
    if (contacts_.size() > contacts_max)
        contacts_.pop_front();
}

bool belief::committed(time_point sent, time_point received)
{
    answered(sent, received);
    raise_floor(sent);
    evidence_.push_back({sent, received});
    const auto until = std::min(sent + timeout_ / 2, floor_ + timeout_ * 7 / 8);
    if (until <= deadline_)
        return false;
    deadline_ = until;
    return true;
}

void belief::raise_floor(time_point evidence_sent)
{
    // Of what was acknowledged before this evidence was sent only the newest matters, now and
    // later.
    while (evidence_.size() > 1 && evidence_[1].received <= evidence_sent)
        evidence_.pop_front();
    if (evidence_.empty() || evidence_.front().received > evidence_sent)
        return;
    // After a silence the record may be old, so that a ping that is late would cost more than the
    // margin: an eighth more of patience covers one.
    const auto settling = interrupted_ ? timeout_ * 3 / 8 : timeout_ / 4;
    const auto before = evidence_.front().sent;
    for (const auto& [sent, received] : contacts_) {
        if (received > before - settling)
            break;
        floor_ = std::max(floor_, sent);
        interrupted_ = false;
    }
}

} // namespace paddock::detail
