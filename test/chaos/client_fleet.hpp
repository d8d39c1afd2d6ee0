#pragma once

/// The client processes of a chaos run.

#include "test/chaos/chaos_ensemble.hpp"
#include "test/chaos/client_options.hpp"
#include "test/checker/history_text.hpp"
#include "test/support/child_process.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace paddock::test {

/// Places for clients, each with one process at a time; a new process is a new client.
///
/// Notes what it does to them in a history. A client that ends by itself is an error, which
/// `failures` tells.
/// Lifetime: the destructor kills all of them. Threads: one at a time.
class client_fleet {
public:
    struct setup {
        client_options options; ///< for all; members that differ are filled in here
        std::filesystem::path program;
        std::filesystem::path folder; ///< for histories (`*.history`) and logs (`*.log`)
        std::size_t size = 4;
    };

    client_fleet(setup wanted, const chaos_ensemble& servers, checker::history_file& log);

    std::size_t size() const noexcept { return places_.size(); }

    void kill(std::size_t place);

    /// Starts a new client where one was killed.
    void replace(std::size_t place);

    void pause(std::size_t place);
    void resume(std::size_t place);

    /// Tells all clients to come to rest, then, the second time, to end.
    void tell_all();

    /// Ids of the clients that run.
    std::vector<std::uint32_t> running();

    /// Waits until all have ended, and kills those that do not.
    void wait_for_end(std::chrono::milliseconds limit);

    /// Clients that ended though nobody killed them, with the end of their logs.
    std::vector<std::string> failures();

private:
    struct occupant {
        std::uint32_t id = 0;
        std::optional<child_process> process;
        std::optional<std::chrono::nanoseconds> paused_since;
    };

    void start(std::size_t place);
    void note(checker::event_kind kind, std::uint32_t client, std::chrono::nanoseconds time);
    std::filesystem::path log_of(std::uint32_t id) const;

    setup setup_;
    const chaos_ensemble& servers_;
    checker::history_file& log_;
    std::vector<occupant> places_;
    std::vector<std::string> failures_;
    std::uint32_t made_ = 0;
    int told_ = 0;
};

} // namespace paddock::test
