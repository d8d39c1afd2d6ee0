#pragma once

/// What one lock attempt of a chaos client notes in the history.

#include "test/chaos/attempt_plan.hpp"
#include "test/chaos/run_names.hpp"
#include "test/checker/history_text.hpp"
#include <paddock/error.hpp>
#include <paddock/hold.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace paddock::test {

/// What all attempts of one process have in common.
struct attempt_book {
    checker::history_file& log;
    std::uint32_t client = 0;
    bool credulous = false; ///< never asks `held()`: the planted bug
    std::atomic<std::uint64_t> attempts{0};
};

/// One attempt, from its call to the end of its hold.
///
/// What the process noted is in the file at once, so it may be killed at any time: `released` is
/// noted before the release begins, a loss by the signal itself, and of a long stay every few
/// milliseconds that it was believed.
/// Lifetime: must outlive the hold it was given; stays where it is. Threads: one, beside the
/// signal.
class attempt_record {
public:
    attempt_record(attempt_book& book, std::size_t key);
    attempt_record(const attempt_record&) = delete;
    attempt_record& operator=(const attempt_record&) = delete;

    std::uint64_t number() const noexcept { return number_; }

    void called(const attempt_plan& plan);

    /// Notes the answer; on the thread that called, since it tells how long that waited for a core.
    void refused(const error_code& why);

    /// The same for a grant, and from now on watches the hold.
    void granted(const hold& held);

    /// Whether the hold is believed, noting until when it was.
    bool look(const hold& held);

    /// Notes how the hold ends. True: it is believed and may be let go at once. False: it is lost,
    /// and `signalled()` is to be awaited before it is dropped.
    bool end(const hold& held);

    /// Whether the holder was told of the loss.
    bool signalled() const noexcept { return signalled_; }

    void increment(checker::event_kind what);

private:
    enum class state { held, released, lost };

    std::int64_t starved() const;
    void add(checker::event_kind kind, std::chrono::nanoseconds time, std::int64_t value = 0);
    void note_lost();
    void on_signal();

    attempt_book& book_;
    std::string key_;
    std::uint64_t number_;
    std::int64_t token_ = 0;                                 // of the next event
    std::chrono::nanoseconds waited_before_{0};              // for a core, when it called
    std::atomic<std::chrono::nanoseconds::rep> believed_{0}; // read before the last good look
    std::chrono::nanoseconds noted_{0}; // when it was noted that it is believed
    std::atomic<state> state_{state::held};
    std::atomic<bool> signalled_{false};
    std::optional<std::stop_callback<std::function<void()>>> told_; // last: it uses the rest
};

} // namespace paddock::test
