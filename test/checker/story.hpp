#pragma once

/// The events of one key, put together to lock calls and holds.

#include "test/checker/history.hpp"
#include "test/checker/report.hpp"
#include "test/checker/world.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace paddock::checker {

enum class answer : std::uint8_t { none, granted, refused };
enum class hold_end : std::uint8_t { none, released, lost, killed };

/// One lock call, and the hold it may have given.
struct attempt {
    /// The end of what never ended.
    static constexpr auto never = std::chrono::nanoseconds::max();

    client_id client{0};
    answer answered{answer::none};
    hold_end ended{hold_end::none};
    std::uint32_t signals{0};
    std::uint64_t number{0};
    std::int64_t token{0};
    std::chrono::nanoseconds limit{0};
    std::int64_t error{0};                       // of a refusal
    std::chrono::nanoseconds cancelled_after{0}; // zero: not at all
    std::chrono::nanoseconds starved{0};         // how long of the wait no core was free
    std::chrono::nanoseconds called_at{0};
    std::chrono::nanoseconds answered_at{never};
    std::chrono::nanoseconds seen_believed_at{0}; // last
    std::chrono::nanoseconds ended_at{never};
    std::chrono::nanoseconds signalled_at{never}; // the first signal

    bool granted() const noexcept { return answered == answer::granted; }

    /// Whether there was an instant at which the hold was believed.
    bool believed() const noexcept { return granted() && ended_at > answered_at; }

    bool believed_at(std::chrono::nanoseconds time) const noexcept
    {
        return granted() && answered_at <= time && time < ended_at;
    }
};

/// Everything about one key.
struct key_story {
    std::string name; // as it stands in reports
    std::vector<attempt> attempts;
    std::vector<const attempt*> grants; // in order of time

    /// The other events of the key, in the order in which they were appended.
    std::vector<const event*> resource;
};

/// What a rule needs beside the story of a key.
struct context {
    const rules& wanted;
    const world& facts;
    report& out;
};

/// The events of every key, in the order in which they were appended.
class events_by_key {
public:
    explicit events_by_key(const history& all);

    std::span<const event*> of(key_id key);

private:
    std::vector<std::size_t> begins_; // one more than there are keys
    std::vector<const event*> events_;
};

/// Sorts the events of a key and puts them together; reports what makes no sense (`sound`).
key_story tell_story(std::string name, std::span<const event*> events, const context& with);

/// "client 3 (attempt 17)", for reports.
std::string who(const attempt& which);

} // namespace paddock::checker
