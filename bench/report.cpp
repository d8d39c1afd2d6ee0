#include "report.hpp"

#include "variants.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>

namespace bench {
namespace {

/// A variant's line: medians over the runs.
struct summary {
    spread ratio; ///< to the raw client in the same run
    spread per_second;
    double p50_us{0};
    double p90_us{0};
    double p99_us{0};
    double requests_per_round{0};
};

template <class Value>
spread over(const std::vector<run>& runs, Value value)
{
    std::vector<double> values;
    values.reserve(runs.size());
    for (const auto& each : runs)
        values.push_back(value(each));
    return spread_of(std::move(values));
}

summary summarize(const std::vector<run>& runs, const std::vector<run>& raw)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < runs.size(); ++i)
        ratios.push_back(runs[i].figures.per_second / raw[i].figures.per_second);
    const auto median_of = [&](double run_figures::*figure) {
        return over(runs, [&](const run& each) { return each.figures.*figure; }).median;
    };
    return {.ratio = spread_of(std::move(ratios)),
            .per_second = over(runs, [](const run& each) { return each.figures.per_second; }),
            .p50_us = median_of(&run_figures::p50_us),
            .p90_us = median_of(&run_figures::p90_us),
            .p99_us = median_of(&run_figures::p99_us),
            .requests_per_round =
                over(runs, [](const run& each) { return each.requests_per_round; }).median};
}

std::vector<summary> summarize_all(const runs_by_variant& measured)
{
    std::vector<summary> lines;
    for (const auto& runs : measured)
        lines.push_back(summarize(runs, measured.front()));
    return lines;
}

std::string bar(double ratio)
{
    constexpr double one = 20; // characters for the raw client
    const auto length = std::clamp(ratio * one, 0.0, 2 * one);
    return std::string(static_cast<std::size_t>(std::lround(length)), '#');
}

nlohmann::ordered_json to_json(const spread& value)
{
    return {{"median", value.median}, {"lowest", value.lowest}, {"highest", value.highest}};
}

} // namespace

void print_table(const runs_by_variant& measured)
{
    const auto lines = summarize_all(measured);
    std::printf("ratio to raw        lock+unlock/s           p50    p90    p99 us  requests\n");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& line = lines[i];
        std::printf("%4.2f (%4.2f-%4.2f)  %6.0f (%6.0f-%6.0f)  %5.0f  %5.0f  %5.0f  %8.2f  %s\n",
                    line.ratio.median,
                    line.ratio.lowest,
                    line.ratio.highest,
                    line.per_second.median,
                    line.per_second.lowest,
                    line.per_second.highest,
                    line.p50_us,
                    line.p90_us,
                    line.p99_us,
                    line.requests_per_round,
                    std::string(variants[i].description).c_str());
        std::printf("  %s\n", bar(line.ratio.median).c_str());
    }
}

void print_json(const runs_by_variant& measured, std::size_t rounds)
{
    const auto lines = summarize_all(measured);
    auto described = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& line = lines[i];
        described.push_back({{"name", variants[i].name},
                             {"ratio_to_raw", to_json(line.ratio)},
                             {"per_second", to_json(line.per_second)},
                             {"p50_us", line.p50_us},
                             {"p90_us", line.p90_us},
                             {"p99_us", line.p99_us},
                             {"requests_per_round", line.requests_per_round}});
    }
    const nlohmann::ordered_json all{{"benchmark", "uncontended"},
                                     {"build", PADDOCK_BENCH_BUILD},
                                     {"cores", std::thread::hardware_concurrency()},
                                     {"rounds", rounds},
                                     {"runs", measured.front().size()},
                                     {"variants", described}};
    std::printf("%s\n", all.dump().c_str());
}

} // namespace bench
