#pragma once

#include "demo/ensemble.hpp"
#include "demo/fleet.hpp"
#include "demo/progress.hpp"
#include "demo/traffic.hpp"
#include "section_log.hpp"
#include <paddock/keyed_mutex.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

namespace cache_producer {

/// The person at the terminal wants to end the run.
class interrupted : public std::runtime_error {
public:
    interrupted() : std::runtime_error("interrupted") {}
};

/// What the faults are injected into. All of it outlives the faults.
struct scene {
    ensemble& servers;
    fleet& producers;
    traffic_control& control;
    progress& shown;
    section_log& log;
    traffic_config plan;
    redis_address redis;
    std::filesystem::path store;
    std::chrono::milliseconds session_timeout{4'000};
    paddock::keyed_mutex* products{nullptr}; ///< the demo's own; null without locking
};

struct fault_results {
    int kills{0};
    int leader_restarts{0};
    std::optional<std::chrono::milliseconds> freed_after; ///< by the killed instance's session
    std::chrono::milliseconds stopped_for{0};
    std::string late_write; ///< what became of the write of the stopped instance
    std::chrono::milliseconds without_leader{0};
};

/// Injects the three faults while the traffic goes on, each at its share of the changes.
///
/// Threads: one, the one that started the producers.
/// Errors: `std::runtime_error`, if something does not happen in time; `interrupted`.
class faults {
public:
    faults(scene where, std::stop_token stop);

    fault_results run();

private:
    /// SIGKILL to an instance that holds a product's lock, between its read and its write.
    void kill_inside();
    /// SIGSTOP at the same point, for longer than the session time-out; then SIGCONT.
    void stop_inside();
    /// SIGKILL to the server that leads, and its restart.
    void restart_leader();

    std::string pause_somebody_at(const std::string& product);
    void measure_release(const std::string& product);
    /// Waits until the change is in the cache and its message acknowledged.
    void wait_handled(const published_change& change);
    void record(section_step step, const std::string& instance);
    template <class Condition>
    void wait_until(Condition reached, const std::string& what);

    scene where_;
    std::stop_token stop_;
    traffic changes_; ///< for changes outside the plan
    product_cache cache_;
    redis_connection redis_;
    fault_results results_;
};

} // namespace cache_producer
