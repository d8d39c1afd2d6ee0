#pragma once

// The calls that wait for an answer, by number: the C client holds the numbers, never a pointer, so
// an answer that comes late or twice finds nothing and does no harm.

#include "src/zk_client.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace paddock::detail {

template <typename Handler>
class pending_calls {
public:
    using number = std::uint64_t; ///< never 0, rising in the order of sending

    struct call {
        time_point sent;
        time_point deadline;
        Handler handler;
    };

    number add(time_point sent, nanoseconds patience, Handler handler)
    {
        const bool endless = patience >= time_point::max() - sent;
        const time_point deadline = endless ? time_point::max() : sent + patience;
        const number id = ++last_;
        calls_.emplace_hint(calls_.end(), id, call{sent, deadline, std::move(handler)});
        deadlines_.emplace(deadline, id);
        return id;
    }

    /// Takes a call out; empty when it was taken already.
    std::optional<call> take(number id)
    {
        auto node = calls_.extract(id);
        if (node.empty())
            return std::nullopt;
        deadlines_.erase({node.mapped().deadline, id});
        return std::move(node.mapped());
    }

    /// Takes all calls out, in the order of sending.
    std::vector<call> take_all()
    {
        std::vector<call> all;
        all.reserve(calls_.size());
        for (auto& [id, waiting] : calls_)
            all.push_back(std::move(waiting));
        calls_.clear();
        deadlines_.clear();
        return all;
    }

    bool empty() const noexcept { return calls_.empty(); }
    std::size_t size() const noexcept { return calls_.size(); }

    /// The end of time when nothing waits.
    time_point earliest_deadline() const
    {
        return deadlines_.empty() ? time_point::max() : deadlines_.begin()->first;
    }

    /// When the call that has waited longest was sent; the end of time when nothing waits.
    time_point oldest_sent() const
    {
        return calls_.empty() ? time_point::max() : calls_.begin()->second.sent;
    }

private:
    number last_{0};
    std::map<number, call> calls_;
    std::set<std::pair<time_point, number>> deadlines_; // patience differs, so numbers do not order
};

} // namespace paddock::detail
