#pragma once

#include "test/simulation/process.hpp"
#include "test/simulation/witness.hpp"
#include "test/simulation/workload.hpp"
#include <paddock/keyed_mutex.hpp>
#include <paddock/session.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace paddock::simulation {

class worker;

/// One process of a trial: sessions, locks on them, and workers that take the locks.
class program {
public:
    struct order {
        checker::client_id client{0};
        std::string name;
        std::string hosts;
        std::string root;
        std::chrono::milliseconds timeout{0};
        std::int64_t drift_ppm{0};
    };

    program(process::surroundings around, witness& seen, const workload& what, order wanted);
    ~program();

    void start();
    /// No new attempts; holds end soon. Each session takes a key of its own once more: it works.
    void finish();
    /// Every worker has an answer to all it asked for.
    bool idle() const;
    /// Calls of the library so far.
    std::uint64_t operations() const noexcept { return operations_; }

    void stop();
    void go_on();
    void die();
    /// Closes a session while it is in use and opens another in its place, locks included.
    void renew_session(std::size_t which);
    void close_sessions();
    /// What a session says that should say *connected*, at rest.
    std::optional<std::string> not_connected() const;

    process& host() noexcept { return process_; }
    const process& host() const noexcept { return process_; }
    std::string describe_busy() const;

private:
    friend class worker;
    keyed_mutex& lock_of(std::size_t session) { return *locks_[session]; }
    void open_session(std::size_t which);
    void prove_alive(std::size_t which);
    session_status status(std::size_t which) const { return sessions_[which]->status(); }
    std::uint64_t renewals(std::size_t which) const { return renewals_[which]; }
    /// Whether another worker has, or wants, the key in this session, which may tell the worker so
    /// without asking the ensemble.
    bool
    wants(std::size_t session, const std::string& key, time_point since, const worker& but) const;
    bool is_alone() const noexcept { return what_.workers_each == what_.sessions_each; }

    witness& seen_;
    const workload& what_;
    const order order_;
    process process_;
    std::vector<std::unique_ptr<session>> sessions_;
    std::vector<std::unique_ptr<keyed_mutex>> locks_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::vector<std::uint64_t> renewals_; ///< of each session, by its user
    std::uint64_t operations_{0};
    std::uint64_t attempts_{0};
    std::uint64_t waiting_for_losses_{0};
    std::size_t unproven_{0}; ///< sessions that are yet to take a lock after the last fault
    bool finishing_{false};
};

} // namespace paddock::simulation
