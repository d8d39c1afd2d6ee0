#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// What a driver has to do, as the conductor asks: one task for some time.
struct task {
    std::size_t in_flight{1}; ///< callers, each with a key of its own; or sessions on one key
    std::chrono::duration<double> lasts{1};
};

/// How often it was done, in what time, and what else there is to tell.
struct measured {
    std::uint64_t count{0};
    double seconds{0};
    std::vector<double> more{};
};

using tasks = std::map<std::string, std::function<measured(const task&)>>;

/// Serves the conductor over standard input and output until the input ends: a line `NAME IN_FLIGHT
/// SECONDS` is answered with `COUNT SECONDS [MORE...]`, or with `unknown` or `failed WHY`.
///
/// Returns the exit code of the driver.
int serve(const tasks& known);

/// What this process has allocated. Unlike its resident memory it does not depend on what was freed
/// before, or on what the kernel has given it beforehand.
double allocated_bytes();

/// The processor time that this process has used, in all its threads.
std::chrono::duration<double, std::micro> processor_time();

/// Counts what is done between the end of a warm-up, a fifth of the time, and the end.
class turn {
public:
    explicit turn(std::chrono::duration<double> lasts);

    bool over() const { return clock::now() >= end_; }
    void done();
    measured result() const;

    /// With the processor time of this process for each, in microseconds. The warm-up counts here.
    measured result_with_processor_time() const;

    /// For one caller: with the median of the times from one end to the next, in microseconds.
    measured result_with_median() const;

    /// For one caller: with the longest time from one end to the next, in seconds.
    measured result_with_longest() const;

private:
    using clock = std::chrono::steady_clock;
    clock::time_point begin_;
    clock::time_point end_;
    clock::time_point last_;
    std::uint64_t count_{0};
    std::uint64_t all_{0}; ///< with those in the warm-up, and those that ended late
    std::chrono::duration<double, std::micro> used_before_;
    std::vector<clock::duration> took_;
    clock::time_point before_;
};

} // namespace bench
