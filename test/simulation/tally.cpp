#include "test/simulation/tally.hpp"

#include "test/simulation/faults.hpp"
#include "test/simulation/workload.hpp"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>

namespace paddock::simulation {

void tally::add(const outcome& one)
{
    ++seeds;
    violations += one.violation ? 1 : 0;
    operations += one.operations;
    grants += one.grants;
    batched += one.batched;
    retaken += one.retaken;
    retaining += one.retains ? 1 : 0;
    losses += one.losses;
    events += one.events;
    least_margin = std::min(least_margin, one.least_margin);
    digest += one.trace_hash * (2 * one.seed + 1);
    for (const auto& fault : std::set(one.hits.begin(), one.hits.end()))
        ++cells_[{fault, one.workload}];
}

void tally::load(const std::string& file)
{
    std::ifstream in(file);
    std::string word;
    while (in >> word) {
        std::uint64_t count = 0;
        if (word == "cell") {
            std::string fault;
            std::string work;
            in >> fault >> work >> count;
            cells_[{fault, work}] += count;
            continue;
        }
        in >> count;
        auto* const sum = sum_named(word);
        if (!in || sum == nullptr)
            throw std::runtime_error(file + " is not a tally of this program");
        *sum += count;
    }
}

std::uint64_t* tally::sum_named(const std::string& word)
{
    return word == "seeds"        ? &seeds
           : word == "violations" ? &violations
           : word == "operations" ? &operations
           : word == "grants"     ? &grants
           : word == "batched"    ? &batched
           : word == "retaken"    ? &retaken
           : word == "losses"     ? &losses
           : word == "events"     ? &events
                                  : nullptr;
}

void tally::save(const std::string& file) const
{
    std::ofstream out(file, std::ios::trunc);
    out << "seeds " << seeds << "\nviolations " << violations << "\noperations " << operations
        << "\ngrants " << grants << "\nbatched " << batched << "\nretaken " << retaken
        << "\nlosses " << losses << "\nevents " << events << '\n';
    for (const auto& [cell, count] : cells_)
        out << "cell " << cell.first << ' ' << cell.second << ' ' << count << '\n';
    if (!out.flush())
        throw std::runtime_error("cannot write " + file);
}

std::string tally::table() const
{
    std::ostringstream out;
    out << std::left << std::setw(26) << "seeds with fault under" << std::right;
    for (const auto& work : workloads())
        out << std::setw(16) << work.name;
    out << '\n';
    for (const auto& fault : faults()) {
        out << std::left << std::setw(26) << fault.name << std::right;
        for (const auto& work : workloads()) {
            const auto found = cells_.find({std::string(fault.name), std::string(work.name)});
            out << std::setw(16) << (found == cells_.end() ? 0 : found->second);
        }
        out << '\n';
    }
    return out.str();
}

std::uint64_t tally::least_covered() const
{
    auto least = std::numeric_limits<std::uint64_t>::max();
    for (const auto& fault : faults()) {
        for (const auto& work : workloads()) {
            const auto found = cells_.find({std::string(fault.name), std::string(work.name)});
            least = std::min(least, found == cells_.end() ? 0 : found->second);
        }
    }
    return least;
}

} // namespace paddock::simulation
