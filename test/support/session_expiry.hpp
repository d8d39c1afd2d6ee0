#pragma once

/// Ending another client's session, so that it expires at once.

#include "test/support/four_letter.hpp"
#include "test/support/socket.hpp"

#include <chrono>

namespace paddock::test {

/// Ends a session of somebody else: its ephemeral nodes go, its client is told `expired`.
///
/// Resumes the session over a second connection and closes it there, which is how ZooKeeper's own
/// tests expire a session. The client loses its connection first. Returns when the server has
/// confirmed the end.
/// Errors: `std::runtime_error` when the server does not know the session (any more).
/// Source: SessionTrackerImpl and ZooKeeperServer.generatePasswd of ZooKeeper 3.8, from which the
///   password of a session follows: no secret is needed to take it over.
void expire_session(const endpoint& server,
                    session_id session,
                    std::chrono::milliseconds limit = std::chrono::milliseconds(5'000));

} // namespace paddock::test
