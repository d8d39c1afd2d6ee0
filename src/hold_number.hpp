#pragma once

#include <paddock/token.hpp>

#include <cstdint>

namespace paddock::detail {

/// How many holds one contender serves. Their tokens are its `czxid`, then the number of the hold.
inline constexpr int turn_bits = 12;
inline constexpr std::int64_t turns_max = 1 << turn_bits;
/// The last `czxid` that a token has room for: that of the 524,287th election of an ensemble.
inline constexpr std::int64_t czxid_max = INT64_MAX >> turn_bits;

constexpr token token_of(std::int64_t czxid, std::int64_t turn) noexcept
{
    return token(czxid << turn_bits | turn);
}

} // namespace paddock::detail
