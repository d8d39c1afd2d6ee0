#pragma once

#include "src/zk_client.hpp"

#include <cstdint>

namespace paddock::detail {

/// When to try the next server, and when to give an attempt up.
///
/// A round tries every server once, without a pause: a good server must be found before the session
/// expires. When a whole round has failed the next one waits, longer each time, so that an
/// ensemble that is down, or that throws its clients out, is not flooded with connections: at most
/// the list's length at once, then the list's length per wait (`backoff_delay`).
class connect_pacer {
public:
    /// `session_timeout`: as asked for; `set_session_timeout` when the server has granted another.
    connect_pacer(std::size_t servers, nanoseconds session_timeout);

    void set_servers(std::size_t servers) noexcept;
    void set_session_timeout(nanoseconds granted) noexcept { session_timeout_ = granted; }

    void started(time_point now) noexcept;
    void failed(time_point now, std::uint64_t random);
    void connected(time_point now) noexcept { connected_ = now; }
    void lost(time_point now, std::uint64_t random);
    /// The next attempt need not wait: the connection was broken up on purpose.
    void at_once() noexcept { next_ = {}; }

    time_point next_attempt() const noexcept { return next_; }
    /// When the attempt under way has taken too long.
    time_point give_up() const noexcept;
    /// How many rounds have failed in a row.
    std::size_t failed_rounds() const noexcept { return tries_ / servers_; }

private:
    nanoseconds pause(std::uint64_t random) const;

    std::size_t servers_;
    nanoseconds session_timeout_;
    std::size_t tries_{0}; // since a connection that lasted
    time_point started_;
    time_point connected_;
    time_point next_;
};

} // namespace paddock::detail
