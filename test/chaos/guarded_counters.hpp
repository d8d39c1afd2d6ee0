#pragma once

/// The rule of a resource that is protected by fencing tokens.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace paddock::test {

/// Counters, one for each key, that refuse a token lower than the highest they have seen.
///
/// A read shows its token too: from then on an older holder cannot write, so that what was read is
/// what is replaced. Pure: no clock, no network.
class guarded_counters {
public:
    explicit guarded_counters(std::size_t keys) : cells_(keys) {}

    struct answer {
        bool accepted{false};
        std::int64_t value{0}; ///< the counter, after the write if it was one
    };

    answer read(std::size_t key, std::int64_t token)
    {
        auto& guarded = cells_.at(key);
        if (token < guarded.highest)
            return {false, guarded.value};
        guarded.highest = token;
        return {true, guarded.value};
    }

    answer write(std::size_t key, std::int64_t token, std::int64_t value)
    {
        const auto seen = read(key, token);
        if (!seen.accepted)
            return seen;
        cells_[key].value = value;
        return {true, value};
    }

    std::size_t size() const noexcept { return cells_.size(); }
    std::int64_t value(std::size_t key) const { return cells_.at(key).value; }

private:
    struct cell {
        std::int64_t value{0};
        std::int64_t highest{0}; // no token is zero
    };
    std::vector<cell> cells_;
};

} // namespace paddock::test
