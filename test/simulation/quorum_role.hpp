#pragma once

#include "test/simulation/client_link.hpp"
#include "test/simulation/peer_link.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace paddock::simulation {

/// What a server does once it has found a leader: lead or follow. It ends when the server looks for
/// a leader again.
class quorum_role : public peer_end {
public:
    /// Whom this server takes for its leader.
    virtual std::size_t leader() const = 0;
    virtual bool leads() const = 0;
    virtual bool serves() const = 0;

    // --- for the clients of this server ----------------------------------------------------

    /// The session was heard of. False: it is closing or gone, and its request is dropped.
    virtual bool touch(client_link& from) = 0;
    /// Before a read is answered.
    virtual code check(std::int64_t session) = 0;
    virtual void submit(std::unique_ptr<client_request> wanted) = 0;
    /// Of a follower only.
    virtual void submit_sync(const sync_request& wanted) = 0;
    /// Is this session still good? The answer goes to `client_port::finish_hello`.
    virtual void revalidate(client_link& from) = 0;

    // --- for this server -------------------------------------------------------------------

    /// The disk has got more of the log.
    virtual void on_logged() = 0;
    virtual void on_applied(const txn& done) = 0;
};

} // namespace paddock::simulation
