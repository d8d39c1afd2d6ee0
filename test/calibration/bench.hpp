#pragma once

/// Where a script is played: an ensemble, real or simulated, and what can be done to it.

#include "src/zk_client.hpp"
#include "test/support/wait.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace paddock::calibration {

using detail::time_point;

/// `tickTime` of every bench. Session time-outs are 2 to 20 of them.
inline constexpr std::chrono::milliseconds tick{500};

/// What a busy machine and the observer may add to a time.
inline constexpr std::chrono::milliseconds slack{2'000};

/// How often a bench's leader looks for containers that nobody needs any more.
inline constexpr std::chrono::milliseconds container_check{200};

/// The credentials that a simulated ensemble accepts; a real one accepts all of a known scheme.
inline const std::string accepted_secret = "me:secret";

/// A znode on the bench with one server, and the number that its next sequential child gets: the
/// third last.
inline const std::string late_path = "/late";
inline constexpr std::int32_t late_number = 2'147'483'645;

/// How a client is set up.
struct seat_setup {
    std::vector<std::size_t> servers{0};
    std::chrono::milliseconds session_timeout{20 * tick}; ///< long: a busy machine is no fault
    std::vector<detail::credentials> auth{};
    bool creator_all_acl{false};
};

/// A client and its line to the servers.
class seat {
public:
    virtual ~seat() = default;

    /// Runs something where the client lives and waits for it.
    virtual void run(const std::function<void(detail::zk_client&)>& work) = 0;

    /// Where this client finds these servers.
    virtual std::vector<detail::endpoint> addresses(const std::vector<std::size_t>& servers) = 0;

    /// Cuts the client off from all servers, silently; nobody is told.
    virtual void cut_off() = 0;
    virtual void reunite() = 0;

    /// Keeps the client's thread from doing anything for a while.
    virtual void stand_still(std::chrono::milliseconds time) = 0;

    /// Ends its session, as if it had timed out while the client was away for a moment.
    virtual void expire(std::int64_t session) = 0;
};

/// An ensemble: one server, or three.
class bench {
public:
    virtual ~bench() = default;

    /// Opens a client. Lifetime: `events` outlives the seat, the seat not the bench.
    virtual std::unique_ptr<seat> take_seat(const seat_setup& setup, detail::zk_events& events) = 0;

    virtual time_point now() const = 0;
    /// Errors: `timed_out`, naming the line.
    virtual void wait(const std::function<bool()>& condition, test::source_line where) = 0;

    // --- what an observer, who is none of the clients, sees and does --------------------------

    virtual bool has_node(const std::string& path) = 0;
    virtual void make_node(const std::string& path) = 0;
    virtual void make_late_node() = 0;                     ///< if it is not there yet
    virtual void change_node(const std::string& path) = 0; ///< sets its data

    // --- servers ------------------------------------------------------------------------------

    virtual std::size_t leader() = 0;
    virtual void kill(std::size_t server) = 0;
    virtual void restart(std::size_t server) = 0;
    virtual void stop(std::size_t server) = 0; ///< as SIGSTOP
    virtual void go_on(std::size_t server) = 0;
    /// Cuts a server off from its peers, silently; its clients stay.
    virtual void isolate(std::size_t server) = 0;
    virtual void rejoin(std::size_t server) = 0;
    /// Credentials that the ensemble refuses.
    virtual detail::credentials refused_credentials() const = 0;
};

} // namespace paddock::calibration
