#pragma once

#include <chrono>
#include <vector>

namespace bench {

/// What one run of one variant came to.
struct run_figures {
    double per_second{0};
    double p50_us{0};
    double p90_us{0};
    double p99_us{0};
};

/// Several values of one figure: the middle one, and how far the others are from it.
struct spread {
    double median{0};
    double lowest{0};
    double highest{0};
};

/// The figures of one run, of the duration of each round. Percentiles are nearest ranks: each is
/// the duration of a round that took place. All zero for no rounds.
run_figures figures_of(std::vector<std::chrono::nanoseconds> rounds);

/// All zero for no values.
spread spread_of(std::vector<double> values);

} // namespace bench
