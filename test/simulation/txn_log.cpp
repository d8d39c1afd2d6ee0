#include "test/simulation/txn_log.hpp"

#include <algorithm>

namespace paddock::simulation {

txn_log::position txn_log::after(std::int64_t zxid) const
{
    // Nearly always asked about the end.
    if (last_zxid() <= zxid)
        return end();
    const auto behind =
        std::upper_bound(entries_.begin(), entries_.end(), zxid, [](auto wanted, const auto& one) {
            return wanted < one->zxid;
        });
    return dropped_ + static_cast<position>(behind - entries_.begin());
}

bool txn_log::has(std::int64_t zxid) const
{
    const auto behind = after(zxid);
    if (behind == dropped_)
        return zxid == dropped_zxid_;
    return at(behind - 1)->zxid == zxid;
}

void txn_log::truncate(position end)
{
    while (this->end() > end)
        entries_.pop_back();
    synced_ = std::min(synced_, end);
}

void txn_log::drop_until(position end)
{
    while (dropped_ < end && !entries_.empty()) {
        dropped_zxid_ = entries_.front()->zxid;
        entries_.pop_front();
        ++dropped_;
    }
}

} // namespace paddock::simulation
