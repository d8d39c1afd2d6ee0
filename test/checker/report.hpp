#pragma once

/// What check() found.

#include "test/checker/rules.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace paddock::checker {

/// One place where a history breaks a rule.
struct violation {
    rule broken;
    std::string text; ///< a sentence that names key, clients, tokens and times
};

/// How much happened, for people: a clean report of little traffic says little.
struct summary {
    std::uint64_t events{0};
    std::uint64_t keys{0};
    std::uint64_t clients{0};
    std::uint64_t calls{0};
    std::uint64_t grants{0};
    std::uint64_t refusals{0};
    std::map<std::int64_t, std::uint64_t> errors; ///< how many refusals had which, zero included
    std::uint64_t losses{0};
    std::uint64_t kills{0};
    std::uint64_t pauses{0};
    std::uint64_t writes{0};
    std::uint64_t refused_writes{0};
    std::uint64_t increments{0};              ///< acknowledged
    std::uint64_t doubtful_increments{0};     ///< sent, and never answered
    std::uint64_t longest_queue{0};           ///< calls that waited for one key at one time
    std::chrono::nanoseconds longest_wait{0}; ///< from a call to its grant
    std::chrono::nanoseconds longest_hold{0};
    std::chrono::nanoseconds longest_resolution{0}; ///< from the end of the faults to an answer
    std::chrono::nanoseconds longest_idle{0};       ///< in which a key was wanted, and not held
    std::chrono::nanoseconds longest_calm_idle{0};  ///< the same, of the calm that is judged
    std::chrono::nanoseconds calm{0};               ///< that is judged
};

/// The violations of a history, and its numbers.
class report {
public:
    explicit report(const rules& wanted) : on_(wanted.on), listed_max_(wanted.listed_max) {}

    /// Notes a violation, unless its rule is off. `text()` is only called for those that are
    /// listed.
    template <class Text>
    void add(rule broken, Text text)
    {
        const auto which = static_cast<std::size_t>(broken);
        if (on_.at(which) && counts_.at(which)++ < listed_max_)
            listed_.push_back({broken, text()});
    }

    bool clean() const { return total() == 0; }
    std::uint64_t total() const;
    std::uint64_t count(rule of) const { return counts_.at(static_cast<std::size_t>(of)); }

    /// The first few violations of each rule.
    const std::vector<violation>& listed() const noexcept { return listed_; }

    summary numbers;

private:
    std::array<bool, rule_count> on_;
    std::size_t listed_max_;
    std::array<std::uint64_t, rule_count> counts_{};
    std::vector<violation> listed_;
};

/// The violations, one a line, each with its rule; empty when there are none.
std::string text_of(const report& result);

/// The numbers, in a few lines.
std::string text_of(const summary& numbers);

/// A time as it stands in reports: seconds, to the nanosecond.
std::string seconds(std::chrono::nanoseconds time);

} // namespace paddock::checker
