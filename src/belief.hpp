#pragma once

#include <paddock/clock.hpp>

#include <chrono>
#include <deque>
#include <optional>

namespace paddock::detail {

/// Until when the ensemble can be trusted to still know this session. Pure: times come in.
///
/// Three facts carry it (docs/guarantees.md has the derivation):
/// - The leader expires a session no earlier than `timeout` after its record of it was refreshed.
/// - A reconnect refreshes the record at once, at the leader. Requests refresh it at a follower,
///   which passes that on within half a tick, and half a tick is at most timeout/4.
/// - What a quorum committed for us proves that leader, quorum and our server hung together then.
///
/// It takes two pieces of evidence, one acknowledged before the other was sent. A contact answered
/// by `first - timeout/4` was passed on in the follower's next answer to its leader's ping: the
/// answer to the first evidence came to the follower behind that ping, and the second went to the
/// leader behind the answer. So the record is no older than that contact, the *floor*, and belief
/// may last until `min(second + timeout/2, floor + 7/8 timeout)`: an eighth of the time-out before
/// the leader may give a lock away. A server that froze between two answers may have passed nothing
/// on: contacts before a silence of more than timeout/8 do not count. What a reconnect proved,
/// stays proved.
class belief {
public:
    using time_point = boot_clock::time_point;
    using nanoseconds = std::chrono::nanoseconds;

    /// A connection stands; `started` is before its first byte was sent.
    void connected(time_point started, nanoseconds timeout);

    /// A request was answered by the server of this connection.
    void answered(time_point sent, time_point received);

    /// A write of ours was acknowledged: quorum evidence, and an answer. Says whether the deadline
    /// moved.
    bool committed(time_point sent, time_point received);

    /// Nothing is to be believed from then on.
    time_point deadline() const noexcept { return deadline_; }

    /// Whether contact was interrupted, so that evidence does not count before 3/8 of the time-out
    /// of fresh contact, or a reconnect, which is quicker.
    bool interrupted() const noexcept { return interrupted_; }

    /// When the server was last known to live: the send time of the newest answered request.
    time_point last_contact() const noexcept { return last_contact_; }

private:
    struct contact {
        time_point sent;
        time_point received;
    };

    void raise_floor(time_point evidence_sent);

    nanoseconds timeout_{0};
    time_point deadline_{};
    time_point floor_{};
    time_point last_contact_{};
    std::deque<contact> contacts_; ///< since the last interruption, oldest first, thinned out
    std::deque<contact> evidence_; ///< acknowledged on this connection, in order of sending
    bool interrupted_{false};
};

} // namespace paddock::detail
