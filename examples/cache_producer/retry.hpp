#pragma once

#include <algorithm>
#include <chrono>

namespace cache_producer {

/// The pause before a try: doubles from `first` up to `most`, times a random share between a half
/// and one, so that instances that failed together do not come back together.
///
/// `attempt` counts from 0; `random_share` is in [0, 1).
constexpr std::chrono::milliseconds backoff(unsigned attempt,
                                            double random_share,
                                            std::chrono::milliseconds first,
                                            std::chrono::milliseconds most)
{
    // 20 doublings are more than any limit, and the shift stays in range.
    const std::chrono::milliseconds doubled = first * (1LL << std::min(attempt, 20U));
    const auto limit = std::min(doubled, most);
    return std::chrono::milliseconds(
        static_cast<long long>(static_cast<double>(limit.count()) * (0.5 + random_share / 2)));
}

} // namespace cache_producer
