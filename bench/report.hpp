#pragma once

#include "measure.hpp"

#include <cstddef>
#include <vector>

namespace bench {

/// One run of one variant.
struct run {
    run_figures figures;
    double requests_per_round{0};
};

/// In the order of `variants`; of each, all its runs.
using runs_by_variant = std::vector<std::vector<run>>;

/// For a person: medians of the runs, the ratio to the raw client first.
void print_table(const runs_by_variant& measured);

/// For a program: the same and the circumstances, in one line.
void print_json(const runs_by_variant& measured, std::size_t rounds);

} // namespace bench
