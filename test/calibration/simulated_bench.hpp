#pragma once

/// A bench in virtual time: the simulated client over the simulated ensemble.

#include "test/calibration/bench.hpp"
#include "test/simulation/ensemble_fixture.hpp"
#include "test/simulation/process.hpp"
#include "test/simulation/request_faults.hpp"

#include <deque>
#include <memory>
#include <string>

namespace paddock::calibration {

class simulated_bench final : public bench {
public:
    simulated_bench(std::size_t servers, std::uint64_t seed);

    std::unique_ptr<seat> take_seat(const seat_setup& setup, detail::zk_events& events) override;
    time_point now() const override { return fixture_.where.now(); }
    void wait(const std::function<bool()>& condition, test::source_line where) override;

    bool has_node(const std::string& path) override;
    void make_node(const std::string& path) override;
    void make_late_node() override;
    void change_node(const std::string& path) override;

    std::size_t leader() override;
    void kill(std::size_t server) override { fixture_.servers.kill(server); }
    void restart(std::size_t server) override { fixture_.servers.restart(server); }
    void stop(std::size_t server) override { fixture_.servers.pause(server); }
    void go_on(std::size_t server) override { fixture_.servers.resume(server); }
    void isolate(std::size_t server) override { fixture_.isolate(server); }
    void rejoin(std::size_t server) override { fixture_.reunite(server); }
    detail::credentials refused_credentials() const override { return {"digest", "me:wrong"}; }

private:
    void carry_out(simulation::operation what);

    simulation::request_faults faults_; // planned by nobody
    simulation::ensemble_fixture fixture_;
    std::deque<simulation::process> processes_;
};

} // namespace paddock::calibration
