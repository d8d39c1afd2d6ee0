#pragma once

#include "test/simulation/trial.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace paddock::simulation {

/// What many trials add up to: how much ran, and how often each fault hit each workload.
class tally {
public:
    void add(const outcome& one);
    /// Adds what earlier runs have left in a file; a file that is not there counts nothing.
    void load(const std::string& file);
    void save(const std::string& file) const;

    std::uint64_t seeds{0};
    std::uint64_t violations{0};
    std::uint64_t operations{0};
    std::uint64_t grants{0};
    std::uint64_t batched{0};
    std::uint64_t retaken{0};
    std::uint64_t retaining{0}; ///< seeds, of this run
    std::uint64_t losses{0};
    std::uint64_t events{0};
    double least_margin{1}; ///< of this run
    /// Of all traces, in whatever order they ran: equal where every trace is.
    std::uint64_t digest{0};

    /// Whether it did too little to show anything: a trial may come to a stand, not most of them.
    bool idle() const noexcept
    {
        return (seeds >= 50 && (grants < operations / 20 || batched == 0)) ||
               (retaining >= 50 && retaken == 0);
    }
    /// The table for people: faults down, workloads across, in seeds.
    std::string table() const;
    /// The fewest seeds of any cell, of all there are.
    std::uint64_t least_covered() const;

private:
    std::uint64_t* sum_named(const std::string& word);

    std::map<std::pair<std::string, std::string>, std::uint64_t> cells_; ///< fault, workload
};

} // namespace paddock::simulation
