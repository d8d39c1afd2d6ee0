#include "measure.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace bench {
namespace {

/// The index of the nearest rank: the smallest value that `percent` of all do not exceed.
constexpr std::size_t rank(std::size_t count, std::size_t percent)
{
    const auto at_or_below = (count * percent + 99) / 100;
    return at_or_below == 0 ? 0 : at_or_below - 1;
}

static_assert(rank(1, 50) == 0 && rank(1, 99) == 0);
static_assert(rank(5, 50) == 2 && rank(4, 50) == 1);
static_assert(rank(100, 99) == 98 && rank(101, 99) == 99 && rank(100, 100) == 99);

double in_us(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::micro>(time).count();
}

} // namespace

run_figures figures_of(std::vector<std::chrono::nanoseconds> rounds)
{
    const auto elapsed = std::accumulate(rounds.begin(), rounds.end(), std::chrono::nanoseconds{0});
    if (elapsed.count() <= 0)
        return {};
    std::sort(rounds.begin(), rounds.end());
    const auto percentile = [&](std::size_t percent) {
        return in_us(rounds[rank(rounds.size(), percent)]);
    };
    return {.per_second = static_cast<double>(rounds.size()) * 1e6 / in_us(elapsed),
            .p50_us = percentile(50),
            .p90_us = percentile(90),
            .p99_us = percentile(99)};
}

spread spread_of(std::vector<double> values)
{
    if (values.empty())
        return {};
    std::sort(values.begin(), values.end());
    const auto middle = values.size() / 2;
    const bool has_middle = values.size() % 2 == 1;
    return {.median = has_middle ? values[middle] : (values[middle - 1] + values[middle]) / 2,
            .lowest = values.front(),
            .highest = values.back()};
}

} // namespace bench
