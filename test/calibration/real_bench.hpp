#pragma once

/// A bench with real servers: the adapter of the C client on the I/O thread, over real sockets.

#include "test/calibration/bench.hpp"
#include "test/support/adapter_client.hpp"
#include "test/support/netns_ensemble.hpp"
#include "test/support/server_process.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace paddock::calibration {

/// What one standalone server, or three in network namespaces, have in common.
class real_bench : public bench {
public:
    std::unique_ptr<seat> take_seat(const seat_setup& setup, detail::zk_events& events) override;
    time_point now() const override { return boot_clock::now(); }
    void wait(const std::function<bool()>& condition, test::source_line where) override;

    bool has_node(const std::string& path) override;
    void make_node(const std::string& path) override;
    void make_late_node() override {} // a part of the data that the server starts with
    void change_node(const std::string& path) override;

    void kill(std::size_t server) override;
    void restart(std::size_t server) override;
    void stop(std::size_t server) override;
    void go_on(std::size_t server) override;
    detail::credentials refused_credentials() const override { return {"no-such-scheme", "x"}; }

    virtual std::size_t size() const = 0;
    virtual test::server_process& server(std::size_t index) = 0;

protected:
    std::set<std::size_t> killed_;
    std::set<std::size_t> stopped_;

private:
    test::adapter_client& observer();
    std::unique_ptr<test::adapter_client> observer_; // with the leader
};

/// One standalone server, which all scenarios of the process share.
class one_real_server final : public real_bench {
public:
    one_real_server();
    ~one_real_server() override; ///< leaves the server as it was

    std::size_t size() const override { return 1; }
    test::server_process& server(std::size_t index) override;
    std::size_t leader() override { return 0; }
    void isolate(std::size_t) override {} // it has no peers
    void rejoin(std::size_t) override {}
};

/// Three servers that can be cut off from each other; shared as well.
class three_real_servers final : public real_bench {
public:
    three_real_servers();
    ~three_real_servers() override;

    std::size_t size() const override { return 3; }
    test::server_process& server(std::size_t index) override;
    std::size_t leader() override;
    void isolate(std::size_t server) override;
    void rejoin(std::size_t server) override;
    void wait(const std::function<bool()>& condition, test::source_line where) override;

private:
    void wake_servers();
    std::set<std::size_t> isolated_;
    std::vector<std::unique_ptr<test::adapter_client>> bystanders_; // one a server, once needed
};

} // namespace paddock::calibration
