#include "src/backoff.hpp"

#include <algorithm>

namespace paddock::detail {

nanoseconds backoff_delay(unsigned attempt, std::uint64_t random)
{
    // Seven doublings pass the maximum; a larger shift would overflow.
    constexpr unsigned doublings_max = 7;
    const nanoseconds bound = std::min<nanoseconds>(
        backoff_first * (1U << std::min(attempt, doublings_max)), backoff_max);
    const nanoseconds floor = attempt == 0 ? nanoseconds{0} : bound / 4;
    const auto range = static_cast<std::uint64_t>((bound - floor).count()) + 1;
    return floor + nanoseconds{static_cast<nanoseconds::rep>(random % range)};
}

} // namespace paddock::detail
