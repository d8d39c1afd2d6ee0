#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace paddock {

/// Credentials that a session presents after each connect.
struct auth_info {
    std::string scheme;      ///< `digest`, or another scheme the servers know
    std::string credentials; ///< for `digest`: `user:password`
};

/// Who may touch the znodes that a session makes.
enum class acl_policy {
    open,        ///< everybody: all clients that reach the ensemble queue together
    creator_all, ///< only sessions with the same credentials; needs `session_config::auth`
};

/// How a session reaches its ensemble and what it asks for.
struct session_config {
    /// The servers: `host:port`, comma-separated, IPv6 as `[::1]:2181`, optionally ending in a
    /// chroot: `zk1:2181,zk2:2181/my/app`. The chroot is made if it is missing.
    std::string hosts{};

    /// How long the ensemble keeps the session without hearing from us.
    ///
    /// Limits: default 10 s; 1 s to 10 min. The server clamps it to its own limits, 2 and 20 times
    ///   `tickTime` unless set; `session::negotiated_timeout()` is what it granted.
    std::chrono::milliseconds session_timeout{10'000};

    /// Close the session with `errc::timeout_not_granted` if the server clamps `session_timeout`,
    /// instead of going on with what it granted (which is logged as a warning).
    bool require_session_timeout{false};

    /// How long an operation waits for a connection before it fails with `errc::unreachable`.
    ///
    /// Limits: default 15 s; 1 ms to 1 h.
    std::chrono::milliseconds connect_timeout{15'000};

    /// How long the session goes on without any connection before it closes for good with
    /// `errc::ensemble_lost`.
    ///
    /// Limits: default zero: it never gives up; at most 30 days.
    std::chrono::milliseconds give_up_after{0};

    /// Credentials, presented in this order.
    std::vector<auth_info> auth{};

    /// The ACL of every znode this session makes.
    acl_policy acl{acl_policy::open};

    /// What to write into contender znodes beside host, pid and start time, so that a person who
    /// finds a lock held knows by whom: a service name, say.
    ///
    /// Limits: default empty; at most 200 bytes.
    std::string owner{};

    /// How many requests may wait in this process for their turn to be sent.
    ///
    /// Limits: default 200'000, about 100 MB; 1 to 10'000'000. Past it `errc::too_many_requests`.
    std::size_t requests_max{200'000};
};

/// How a lock behaves.
struct lock_config {
    /// The longest a hold lasts: then it is lost, and its key is given to the next in line.
    ///
    /// Limits: default zero: as long as the session is believed; at most 30 days.
    std::chrono::milliseconds max_hold{0};

    /// How many contenders one key may have, and with `handoffs_max` how many calls of one lock
    /// object may wait for it; a later one is refused with `errc::queue_full`.
    ///
    /// Limits: default 10'000; 1 to 15'000: a listing of more than about 17'000 names is more than
    ///   other languages' clients can read (`jute.maxbuffer`).
    std::size_t waiters_max{10'000};

    /// How often one contender's key passes directly from one call of this lock object to the next
    /// that waits for it, without a request, before others in the ensemble's queue get their turn.
    ///
    /// With it only one of the calls for a key queues at the ensemble; the others stand in line
    /// behind it, in this process, in the order of arrival, and not in the order among all
    /// processes. So it is for keys that many threads of one process want at once.
    /// Limits: default zero: never, strict order of arrival; at most 4'000.
    /// Source: Dice, Marathe, Shavit, "Lock Cohorting" (2012).
    unsigned handoffs_max{0};

    /// How long the ensemble goes on seeing a key as ours after its release, so that whoever locks
    /// it next through the same lock object gets it at once: on his own thread, without a request.
    ///
    /// As soon as the session hears that somebody else queues for the key, it is given up: if it is
    /// held, on its release, or after the hand-offs that are left. Others that only look
    /// (`try_lock`) find it taken, and their look makes it free. So it is for keys that mostly one
    /// process uses. A lock that nobody waits for costs a listing more. Retained keys keep the
    /// session's evidence going, as holds do. Limits: default zero: never retained; at most 1 h.
    /// Source: Burrows, "The Chubby lock service" (2006), caching of locks.
    std::chrono::milliseconds retain_for{0};

    /// How many keys one lock object retains; the least recently used goes first.
    ///
    /// Limits: default 1'000; 1 to 5'000. A session watches the queues of all such keys, held ones
    ///   too, and a reconnect restores only so many watches: where 350 KiB of paths are watched,
    ///   further keys are not retained.
    std::size_t retained_max{1'000};
};

/// Checks every member against its limits.
///
/// Errors: `std::invalid_argument` naming the first bad member and saying what it may be.
void check(const session_config& config);
void check(const lock_config& config);

} // namespace paddock
