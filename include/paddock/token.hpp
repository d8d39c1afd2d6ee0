#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace paddock {

/// The fencing number of a grant: rises with every grant of a key, for ever.
///
/// It numbers the arrivals at the ensemble: no two grants of a key share one. Among different keys
/// a long wait ends with a lower token than a short one that began later, and keys that one session
/// asked for at the same time may share one.
/// A resource that refuses a token lower than the highest it has seen cannot be written by a
/// holder that has lost its lock. It is the `czxid` of the contender's znode times 4096, plus the
/// number of earlier holds of that znode, where a retained key serves several. It is not the
/// sequence number, which starts again when a parent is cleaned up. It restarts only with an
/// ensemble whose data was wiped.
///
/// Limits: ensembles of up to 524,287 elections; then `errc::tokens_worn_out`.
/// Source: Kleppmann, "How to do distributed locking" (2016); docs/fencing.md.
class token {
public:
    constexpr token() noexcept = default;
    constexpr explicit token(std::int64_t value) noexcept : value_(value) {}

    /// The number, for SQL (`BIGINT`) and for code. Zero: no token.
    constexpr std::int64_t value() const noexcept { return value_; }

    /// The number as 19 decimal digits, which order as text the way the numbers do.
    ///
    /// For Redis scripts: their numbers are doubles, exact only up to 2^53, and a token passes that
    /// once an ensemble has had 2^9 elections.
    std::string text() const;

    friend constexpr auto operator<=>(token, token) noexcept = default;

private:
    std::int64_t value_{0};
};

} // namespace paddock
