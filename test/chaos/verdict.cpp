#include "test/chaos/verdict.hpp"

#include "test/chaos/refusals.hpp"
#include "test/checker/check.hpp"
#include "test/checker/history_text.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace paddock::test {

namespace {

/// For the work that is queued before an answer, of a hundred calls in one process. What a busy
/// machine takes besides is measured: see `core_wait`.
constexpr std::chrono::milliseconds queueing{500};

/// For the thread that is told of a loss to get a core. Where `max_hold` ends a hold the next one
/// is granted within milliseconds; other losses are told an eighth of the time-out before that.
constexpr std::chrono::milliseconds telling{250};

/// For a queue of a hundred calls to be served once it moves again, beside the time that a call
/// waits for a core. On two cores that compiled besides, 74 calls took 2.1 s.
constexpr std::chrono::milliseconds serving{5'000};

checker::rules rules_of(const evidence& of)
{
    checker::rules rules;
    rules.recovery = of.recovery;
    rules.resolve_within = of.recovery + serving;
    rules.serve_within = of.recovery + serving;
    rules.idle_within = idle_limit;
    rules.calm_min = idle_limit; // a shorter one could not show that a key stands still
    rules.errors = expected_errors();
    rules.limit_grace = queueing;
    rules.signal_grace = telling;
    rules.unique_across_keys = false; // contenders of one transaction share its number
    rules.grants_min = static_cast<std::uint64_t>(of.grants_min);
    rules.writes_min = rules.grants_min / 2;
    return rules;
}

checker::history read_all(const std::filesystem::path& folder)
{
    checker::history all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".history")
            checker::read_history(entry.path(), all);
    }
    return all;
}

void print_faults(const std::vector<done_fault>& faults)
{
    std::array<std::size_t, fault_kinds> counts{};
    std::array<double, fault_kinds> seconds{};
    for (const auto& fault : faults) {
        const auto kind = static_cast<std::size_t>(fault.planned.kind);
        ++counts.at(kind);
        seconds.at(kind) += static_cast<double>((fault.ended - fault.begun).count()) / 1'000;
    }
    std::printf("\n%-28s %6s %9s\n", "fault", "times", "seconds");
    for (std::size_t kind = 0; kind < fault_kinds; ++kind)
        std::printf("%-28.*s %6zu %9.1f\n",
                    static_cast<int>(name_of(static_cast<fault_kind>(kind)).size()),
                    name_of(static_cast<fault_kind>(kind)).data(),
                    counts.at(kind),
                    seconds.at(kind));
    std::printf("%-28s %6zu\n\n", "all", faults.size());
}

void keep_files(const evidence& of, const std::filesystem::path& where)
{
    using options = std::filesystem::copy_options;
    std::filesystem::create_directories(where);
    for (const auto& entry : std::filesystem::directory_iterator(of.folder)) {
        if (!entry.is_socket())
            std::filesystem::copy(entry.path(),
                                  where / entry.path().filename(),
                                  options::overwrite_existing | options::recursive);
    }
    std::printf("histories and logs are in %s\n", where.c_str());
}

} // namespace

bool judge(const evidence& of)
{
    print_faults(of.faults);
    const auto report = checker::check(read_all(of.folder), rules_of(of));
    std::printf("%-28s %6s\n%s\n", "refused", "times", table_of_refusals(report.numbers).c_str());
    std::printf("%s\n%s", text_of(report.numbers).c_str(), text_of(report).c_str());
    for (const auto& failure : of.failures)
        std::printf("failure: %s\n", failure.c_str());
    const bool good = report.clean() && of.failures.empty();
    std::printf("%s\n", good ? "as promised" : "NOT as promised");
    if (!of.keep.empty())
        keep_files(of, of.keep);
    else if (!good)
        keep_files(of, "build/chaos-failed-" + std::to_string(of.seed));
    return good;
}

} // namespace paddock::test
