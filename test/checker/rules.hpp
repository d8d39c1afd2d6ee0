#pragma once

/// What is demanded of a history: the rules, and the numbers in them.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

namespace paddock::checker {

/// One demand on a history. Each can be switched off alone.
enum class rule : std::uint8_t {
    sound,         ///< the records make sense: no grant without a call, nothing after a death
    one_believer,  ///< no two holds of one key are believed at one instant
    hold_ends,     ///< every hold ends: released, lost, or its client died
    token_unique,  ///< no two grants share a token
    token_order,   ///< a later grant of a key has a higher token
    fifo,          ///< of two that wait together, the one with the lower token is granted first
    write_order,   ///< the tokens of the writes that a resource accepts never fall
    write_token,   ///< a write shows a token that its client had been granted
    write_refusal, ///< a resource does not refuse the write of a hold that is believed
    increments,  ///< the counter has every acknowledged increment, and no others but doubtful ones
    answered,    ///< every call is answered, unless its client dies
    resolved,    ///< once faults are over, calls are answered in time
    served,      ///< once faults are over, every client that lives is granted something new
    idle_key,    ///< in calm, a key that is wanted is held again in time
    limit,       ///< a call with a limit is answered within it
    error_cause, ///< a call fails with no error but those that have a cause
    lost_signal, ///< a lost hold is signalled once, no later than the next grant of its key
    left_over,   ///< nothing is left at rest
    traffic,     ///< enough happened for the other rules to mean something
};

inline constexpr std::size_t rule_count = 19;

/// The word for a rule in reports and on command lines.
std::string_view name_of(rule which);

/// The rule that name_of() calls so; none for other words.
std::optional<rule> rule_named(std::string_view name);

/// What must have happened for a call to fail with an error.
enum class cause : std::uint8_t {
    cancelled, ///< its caller cancelled it
    closed,    ///< its client closed a session meanwhile
    fault,     ///< it was not calm all the time: see `rules::recovery`
};

struct expected_error {
    std::int64_t number; ///< as in `event_kind::refused`
    cause needs;
};

/// Which rules are checked, with which numbers.
struct rules {
    /// A rule that is off finds nothing.
    std::array<bool, rule_count> on = all();

    /// How long a call may stay unanswered after the last fault (or after it began, or after its
    /// client's last pause, whichever is later), beside the time without a core. Counts only where
    /// a history says `quiet`.
    std::chrono::nanoseconds resolve_within = std::chrono::seconds(60);

    /// By when, after the last fault, a client that lives must have been granted a lock that it
    /// asked for after that fault; none: it need not ask for any. Counts only where a history says
    /// `quiet`.
    std::optional<std::chrono::nanoseconds> serve_within{};

    /// How long a key may be wanted and not held while it is calm. It is wanted by a call without
    /// an answer whose limit has not passed and whose client neither died nor stands still. Calm is
    /// what a history says to be so, with `calm_begins` and `quiet`.
    std::chrono::nanoseconds idle_within = std::chrono::seconds(60);

    /// How much of the beginning of a calm is not judged: sessions that ended in the fault before
    /// it may stand in the queues until the ensemble lets them expire.
    std::chrono::nanoseconds recovery{0};

    /// What is added to the limit of a call on real machines, beside the time without a core.
    std::chrono::nanoseconds limit_grace{0};

    /// How much later than the next grant of its key a lost hold may be signalled.
    std::chrono::nanoseconds signal_grace{0};

    /// How long after its `killed` a client may still act: the time between reading the clock and
    /// the signal's effect, on real machines.
    std::chrono::nanoseconds death_grace{0};

    /// Whether tokens must differ between keys, too. Not so where one transaction of the ensemble
    /// brings contenders of several keys.
    bool unique_across_keys = true;

    /// Whether a client may be granted its last token of a key again, when nobody had the key in
    /// between. So it is where a released hold keeps its place in the queue for a while.
    bool regrants = false;

    /// The least traffic: a history with less shows nothing.
    std::uint64_t grants_min = 1;
    std::uint64_t writes_min = 0;
    std::chrono::nanoseconds calm_min{0}; ///< of calm that is judged

    /// The errors with which calls may fail; when there are none here, any may be.
    std::vector<expected_error> errors{};

    /// How many violations of each rule are listed; all are counted.
    std::size_t listed_max = 10;

    bool checks(rule which) const { return on.at(static_cast<std::size_t>(which)); }
    void set(rule which, bool to) { on.at(static_cast<std::size_t>(which)) = to; }

    static constexpr std::array<bool, rule_count> all()
    {
        std::array<bool, rule_count> on{};
        on.fill(true);
        return on;
    }
};

} // namespace paddock::checker
