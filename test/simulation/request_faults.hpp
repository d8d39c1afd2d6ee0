#pragma once

#include "test/simulation/wire.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace paddock::simulation {

class host;

/// What befalls the next requests of a process: the cases that no partition hits with certainty.
class request_faults {
public:
    enum class kind {
        cut_before,  ///< the connection breaks before the request leaves
        cut_after,   ///< it breaks behind the request: carried out, and the answer lost
        reply_lost,  ///< carried out, and never answered, on a connection that stands
        fail,        ///< answered with a code, not carried out
        cut_reading, ///< the answer has arrived; the connection breaks while it is read
        garbled,     ///< a write is carried out, and answered with an error that is not its own
    };
    struct fault {
        kind what{kind::fail};
        code answer{code::throttled};
        std::uint32_t skip{0};       ///< requests that pass unharmed before
        std::shared_ptr<bool> hit{}; ///< set when a request has met it
    };

    void plan(const host& whose, fault next) { plans_.push_back({&whose, next}); }
    void clear() { plans_.clear(); }
    /// Those that share this mark.
    void clear(const std::shared_ptr<bool>& mark)
    {
        std::erase_if(plans_, [&](const planned& each) { return each.what.hit == mark; });
    }

    /// The fault of a request that is about to be sent, if it has one.
    std::optional<fault> take(const host& whose)
    {
        for (auto at = plans_.begin(); at != plans_.end(); ++at) {
            if (at->whose != &whose)
                continue;
            if (at->what.skip > 0) {
                --at->what.skip;
                return std::nullopt;
            }
            const auto due = at->what;
            plans_.erase(at);
            ++met_;
            if (due.hit)
                *due.hit = true;
            if (due.what == kind::fail || due.what == kind::garbled)
                ++refused_[&whose];
            return due;
        }
        return std::nullopt;
    }
    std::uint64_t met() const noexcept { return met_; }
    /// How many requests of a process were answered with a code by plan.
    std::uint64_t refused(const host& whose) const
    {
        const auto found = refused_.find(&whose);
        return found == refused_.end() ? 0 : found->second;
    }

private:
    struct planned {
        const host* whose;
        fault what;
    };
    std::deque<planned> plans_;
    std::uint64_t met_{0};
    std::map<const host*, std::uint64_t> refused_;
};

} // namespace paddock::simulation
