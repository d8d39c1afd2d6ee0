#pragma once

#include "test/simulation/process.hpp"
#include "test/simulation/witness.hpp"
#include <paddock/keyed_mutex.hpp>
#include <paddock/session.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace paddock::simulation {

/// A call of the library and what became of it.
struct attempt {
    std::string key;
    std::uint64_t number{0};
    int answers{0};
    error_code ec;
    std::optional<hold> got; ///< until it is let go
    time_point called{};
    time_point answered{};
    bool believed{false}; ///< granted, and to be believed, when it was answered
    boost::asio::cancellation_signal cancel;
    std::shared_ptr<witness::observed> seen;

    /// Has a hold that may be believed. Being looked at changes nothing.
    bool held() const;
};
using attempt_ptr = std::shared_ptr<attempt>;

/// An asynchronous call without a hold: a verification, a release, a close.
struct ending {
    int answers{0};
    error_code ec;
    time_point answered{};
};
using ending_ptr = std::shared_ptr<ending>;

class scenario;

/// A program that does what its test tells it: a process, a session, locks below `root`.
class actor {
public:
    actor(scenario& in,
          checker::client_id number,
          const session_config& config,
          const lock_config& locks);
    ~actor();

    // Calls of the library, made by a thread of the program.
    attempt_ptr lock(const std::string& key);
    attempt_ptr try_lock_for(const std::string& key, nanoseconds limit);
    attempt_ptr try_lock(const std::string& key) { return try_lock_for(key, 0ns); }
    void cancel(const attempt_ptr& waiting, boost::asio::cancellation_type type);
    void release(const attempt_ptr& held); ///< returns whether or not it was held
    ending_ptr async_release(const attempt_ptr& held);
    ending_ptr verify(const attempt_ptr& held);
    ending_ptr close();
    void destroy_session();
    /// Anything else that user code does.
    void run(const std::function<void()>& work);

    void kill();
    void stop();
    void go_on();

    process& host() noexcept { return process_; }
    paddock::session& session() { return *session_; }
    keyed_mutex& locks() { return *locks_; }
    session_state state() const { return session_->state(); }
    session_usage usage() const { return session_->usage(); }
    std::int64_t session_id() const { return session_->status().session_id; }
    const std::vector<attempt_ptr>& attempts() const noexcept { return attempts_; }

    /// What its handlers do beside being counted.
    std::function<void(const attempt_ptr&)> on_answer;

private:
    attempt_ptr begin(const std::string& key, nanoseconds limit);
    void answered(const attempt_ptr& call, error_code ec, std::optional<hold> got);
    std::optional<hold> let_go(const attempt_ptr& held);
    auto ends(const ending_ptr& result);

    scenario& in_;
    const checker::client_id number_;
    process process_;
    std::unique_ptr<paddock::session> session_;
    std::unique_ptr<keyed_mutex> locks_;
    std::vector<attempt_ptr> attempts_;
};

/// Requests for locks, without those that only keep the session.
std::uint64_t lock_requests(const actor& of);

struct scenario_config {
    std::size_t servers{3};
    std::chrono::milliseconds timeout{2'000};
    std::chrono::milliseconds tick{500};
    std::uint64_t seed{1};
};

/// A directed test: an ensemble, programs that use the library, faults at chosen moments.
///
/// Whatever a test looks at besides, a witness sees all: that no two believe, whose turn it is, and
/// what is left over. `finish()` says what it found.
class scenario {
public:
    explicit scenario(scenario_config config = {});
    ~scenario();

    static constexpr const char* root = "/locks";

    // --- programs ----------------------------------------------------------------------------

    session_config usual() const;
    /// A program whose session connects, and has when this returns, unless it cannot.
    actor& connect() { return connect(usual()); }
    actor& connect(const session_config& config, const lock_config& locks = {});
    /// The same without waiting.
    actor& start(const session_config& config, const lock_config& locks = {});
    /// One program holds the key, and its contender is there.
    attempt_ptr hold_by(actor& who, const std::string& key);
    /// One program waits for the key, with its watch set if it needs one.
    attempt_ptr wait_by(actor& who, const std::string& key);

    // --- time --------------------------------------------------------------------------------

    void run(nanoseconds time) { where.run_until(where.now() + time); }
    /// Stops right behind the event that makes it true; says whether one did.
    bool run_until(const std::function<bool()>& condition, nanoseconds limit = 60s);
    bool run_until_answered(const attempt_ptr& call, nanoseconds limit = 60s);
    bool run_until_answered(const ending_ptr& call, nanoseconds limit = 60s);
    nanoseconds timeout() const { return config_.timeout; }
    /// How long a dead holder's key may stay taken: the time-out, two ticks, a second to connect.
    nanoseconds freed_within() const { return config_.timeout + 2 * config_.tick + 1s; }

    // --- the ensemble ------------------------------------------------------------------------

    /// The names in a key's queue, first in line first.
    std::vector<std::string> contenders(const std::string& key) const;
    std::string path_of(const std::string& key, const std::string& name) const;
    std::size_t leader() const { return servers.leader().value(); }
    std::size_t follower() const { return (leader() + 1) % servers.size(); }
    std::string hosts() const;
    static std::string host_of(std::size_t server);
    /// An operator deletes a znode; the holder may not know yet.
    void remove(const std::string& path);

    void cut(actor& who);  ///< from all servers
    void mend(actor& who); ///< and back
    void isolate(std::size_t server);
    void reunite(std::size_t server);
    /// Cuts a program off until its session is over at the ensemble, and mends it.
    void expire(actor& who);

    // --- the end -----------------------------------------------------------------------------

    /// Lets everything go, waits until all is at rest, and says what was found wrong: normally "".
    std::string finish();
    /// The same for a test that leaves waiters behind.
    std::string violations() const { return seen.violation().value_or(""); }

    world where;
    network net;
    request_faults requests;
    ensemble servers;
    witness seen;

private:
    friend class actor;
    const scenario_config config_;
    std::vector<std::unique_ptr<actor>> actors_;
    const std::function<bool()>* awaited_{nullptr};
};

} // namespace paddock::simulation
