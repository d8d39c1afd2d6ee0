#pragma once

/// What the clients of a test did and saw, one small record per event, for check() to judge.
///
/// Clients append events while they run; nothing is judged here. The order of appending does not
/// matter: every event carries its time, and all times of a history are on one clock (virtual time
/// in a simulation, `CLOCK_BOOTTIME` of one machine for real servers).
///
/// A hold is believed from the time of its `granted` to the time of its `released` or `lost`, the
/// end excluded. Both ends lie inside the true belief, so an overlap of two is never an artefact:
///   * `granted`: read the clock after the call has returned, then see that `held()` is true;
///   * `released`: read the clock before the release begins;
///   * `lost`: the belief deadline where it is known, else the last time that was read before a
///     `held()` that answered true (that of `granted`, when there was none);
///   * a client that is killed notes no end: its belief ends with the last `believed` that it did
///     note, or with `granted`. How long it went on to live nobody knows to have believed.
/// A hold that was lost at the very time it was granted was never believed. It counts as a grant,
/// but it has no place in the order of grants: a client that was stopped before it could note the
/// grant may note it long after its successor's.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace paddock::checker {

/// What happened. At equal times of one attempt, the order of this list is the order of events.
enum class event_kind : std::uint8_t {
    // A client's lock call and the hold it gave. `client` and `attempt` together name it.
    called,   ///< a lock call begins; `value` is its limit in ns, `token` how long after that it is
              ///< cancelled, in ns; zero for none
    granted,  ///< it is answered with a hold; `token`, and `value` as for `refused`
    refused,  ///< it is answered without one; `token` is the error, as a number of the test's own,
              ///< zero when only its limit passed; `value` is for how long of the wait, in ns, its
              ///< process had no core to run on
    believed, ///< `held()` answered true; the time was read before
    released, ///< the hold's belief ends because its holder lets go
    lost,     ///< the hold's belief ends, and its holder did not want it to
    lost_signalled, ///< the holder was told of the loss

    // The resource behind the lock of the same key. `token` is what the writer showed.
    written,       ///< the resource accepted a write of `client`; `value` may number its writes
    write_refused, ///< it refused one, because it had seen a higher token

    // A counter at the resource, as its clients see it; each counts one.
    increment_sent,    ///< about to be sent; in doubt from here on
    incremented,       ///< the client was told that it was accepted
    increment_refused, ///< the client was told that it was not
    final_value,       ///< what the counter of the key says at the very end, in `value`

    // What the test did, and what it found.
    killed,      ///< `client` died: it believes nothing any more, its calls need no answer
    paused,      ///< `client` stands still (SIGSTOP)
    resumed,     ///< and goes on
    closed,      ///< `client` closes one of its sessions, with the calls that wait in it
    calm_begins, ///< no fault is on, and every server serves
    calm_ends,   ///< the next fault is about to begin
    quiet,       ///< the last fault is over: from here on everything is served, and calm
    left_over,   ///< a contender, watch or record of `client` that should be gone at rest
};

/// How many kinds there are, for tables.
inline constexpr std::size_t event_kinds = 21;

using client_id = std::uint32_t;
using key_id = std::uint32_t;

/// The key of events that concern none, such as `killed`.
inline constexpr key_id no_key = 0;

/// One event. What a kind does not mention stays zero.
///
/// A client that is started again is another client. Attempts are numbered by their client, from
/// one on, and never twice; writes and increments name the attempt whose hold they rely on, or
/// zero.
struct event {
    event_kind kind{event_kind::called};
    client_id client{0};
    key_id key{no_key};
    std::uint64_t attempt{0};
    std::chrono::nanoseconds time{0};
    std::int64_t token{0};
    std::int64_t value{0};

    bool operator==(const event&) const = default;
};

static_assert(sizeof(event) == 48, "ten million of them are to fit into half a gigabyte");

/// The word for a kind in texts and files.
std::string_view name_of(event_kind kind);

/// All events of a test.
///
/// Threads: none of its own; give each thread its own history and merge them with append().
class history {
public:
    history();

    /// The number that stands for a key name here; the same name gets the same number.
    key_id key(std::string_view name);

    void append(const event& what) { events_.push_back(what); }

    /// Appends all events of another history, whose keys may be numbered differently.
    void append(const history& other);

    /// Sorts by time; what happened at one time stays in the order of appending.
    void sort();

    void reserve(std::size_t events) { events_.reserve(events); }

    const std::vector<event>& events() const noexcept { return events_; }
    std::size_t size() const noexcept { return events_.size(); }

    /// How many key numbers are in use, `no_key` included.
    std::size_t keys() const noexcept { return names_.size(); }
    const std::string& name_of(key_id key) const { return names_.at(key); }

private:
    std::map<std::string, key_id, std::less<>> numbers_;
    std::vector<std::string> names_;
    std::vector<event> events_;
};

} // namespace paddock::checker
