#pragma once

/// Three servers in containers, of the image that users run.

#include "test/chaos/chaos_ensemble.hpp"
#include "test/support/socket.hpp"
#include "test/support/unique_fd.hpp"
#include "test/support/wait.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace paddock::test {

/// The containers of one run, on a network of their own, with fixed addresses.
///
/// Clients reach the servers over the containers' own addresses, so an isolated server is silent:
/// nothing of the engine's answers in its place.
/// How faults are made: `docker kill`, `start`, `pause` and `unpause` (where the engine fails to
/// freeze a container, SIGSTOP to its server, the only process in it); `isolate` disconnects the
/// container from its network, `heal` connects it again under its old address, so connections that
/// outlived the cut go on.
/// Limits: the engine must be on this machine; `scripts/docker` finds one or starts it, and
///   `scripts/docker engine-down` ends what it started.
/// Lifetime: as `chaos_ensemble`. What a crashed process left is removed by the next one.
class docker_ensemble final : public chaos_ensemble {
public:
    /// Why containers cannot be run here; empty when they can. Starts the engine, once.
    static const std::string& unavailable_reason();

    /// Builds the image if it is missing, starts the servers and waits until they serve.
    ///
    /// Limits: 10 min for the image, seconds when it is there.
    explicit docker_ensemble(std::chrono::milliseconds tick = std::chrono::milliseconds(500));
    ~docker_ensemble() override;

    std::size_t size() const override { return server_count; }
    std::string hosts() const override;
    std::string address(std::size_t server) const override;
    void kill(std::size_t server) override;
    void restart(std::size_t server) override;
    void pause(std::size_t server) override;
    void resume(std::size_t server) override;
    void isolate(std::size_t server) override;
    void heal(std::size_t server) override;
    std::optional<std::size_t> leader() override;

    /// Waits until a server serves.
    ///
    /// Errors: `std::runtime_error` with the end of its log.
    void wait_until_serving(std::size_t server, source_line where = source_line::current());

private:
    static constexpr std::size_t server_count = 3;

    std::string docker(std::vector<std::string> words) const;
    void docker_quietly(std::vector<std::string> words) const noexcept;
    void remove_leftovers() const;
    void create(std::size_t server, std::chrono::milliseconds tick);
    void remove() noexcept;
    std::string container(std::size_t server) const;
    std::string server_ip(std::size_t server) const;
    endpoint client_endpoint(std::size_t server) const;
    std::string state(std::size_t server) const;

    std::string engine_; // its socket, as DOCKER_HOST has it
    std::string name_;   // of the network, and the start of the containers'
    int subnet_ = 0;     // of 198.18.0.0/15, as `network` numbers them
    unique_fd subnet_claim_;
    std::array<bool, server_count> isolated_{};
    std::array<bool, server_count> stopped_{}; // by SIGSTOP, since it could not be paused
};

} // namespace paddock::test
