#pragma once

/// Carries out a plan of faults on an ensemble and its clients.

#include "test/chaos/chaos_ensemble.hpp"
#include "test/chaos/client_fleet.hpp"
#include "test/chaos/fault_plan.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace paddock::test {

/// A fault as it happened.
struct done_fault {
    planned_fault planned;
    std::string text; ///< what was hit, for people
    std::chrono::milliseconds begun{0};
    std::chrono::milliseconds ended{0};
};

/// What an ensemble can suffer.
std::array<bool, fault_kinds> possible_faults(const chaos_ensemble& servers);

/// Threads: one at a time.
class fault_runner {
public:
    fault_runner(std::vector<planned_fault> plan, chaos_ensemble& servers, client_fleet& clients);

    /// Begins and ends what is due at `plan_time`; `now` is when that was, for the record. Returns
    /// what began and ended, in words.
    std::vector<std::string> step(std::chrono::milliseconds plan_time,
                                  std::chrono::milliseconds now);

    /// Ends everything that has begun and begins nothing more.
    void end_all(std::chrono::milliseconds now);

    /// For how much longer none begins.
    std::chrono::milliseconds until_next(std::chrono::milliseconds plan_time) const noexcept;

    /// How many have begun and not ended.
    std::size_t active() const noexcept { return active_.size(); }

    /// All that have begun.
    const std::vector<done_fault>& done() const noexcept { return done_; }

private:
    struct active_fault {
        std::size_t number; // in done_
        std::size_t victim; // a server or a place of a client
    };

    void begin(const planned_fault& fault, std::chrono::milliseconds now);
    void end(const active_fault& fault, std::chrono::milliseconds now);
    std::size_t choose_victim(const planned_fault& fault);
    std::string inflict(const planned_fault& fault, std::size_t victim);
    std::string cut(const planned_fault& fault, std::size_t victim);
    void cure(const planned_fault& fault, std::size_t victim);

    std::vector<planned_fault> plan_;
    std::size_t next_ = 0; // in plan_
    chaos_ensemble& servers_;
    client_fleet& clients_;
    std::vector<active_fault> active_;
    std::vector<done_fault> done_;
};

} // namespace paddock::test
