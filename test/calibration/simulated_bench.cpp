#include "test/calibration/simulated_bench.hpp"

#include "test/simulation/simulated_client.hpp"

#include <stdexcept>
#include <utility>

namespace paddock::calibration {

namespace {

using namespace std::chrono_literals;

// Virtual, so it costs nothing: far more than any step of a scenario takes.
constexpr auto patience = 120s;

simulation::ensemble_config usual_config(std::size_t servers)
{
    simulation::ensemble_config config;
    config.servers = servers;
    config.tick = tick;
    config.init_limit = 20;
    config.sync_limit = 10;
    config.container_check = container_check;
    config.accepted_secret = accepted_secret;
    return config;
}

class simulated_seat final : public seat {
public:
    simulated_seat(simulation::ensemble_fixture& where,
                   simulation::process& home,
                   const seat_setup& setup,
                   detail::zk_events& events)
        : where_(where), home_(home)
    {
        on_thread([&] {
            client_ = std::make_shared<simulation::simulated_client>(
                home_,
                detail::client_config{.servers = addresses(setup.servers),
                                      .session_timeout = setup.session_timeout,
                                      .auth = setup.auth,
                                      .creator_all_acl = setup.creator_all_acl},
                events);
            client_->start();
        });
    }

    ~simulated_seat() override { home_.die(); }

    void run(const std::function<void(detail::zk_client&)>& work) override
    {
        on_thread([&] { work(*client_); });
    }

    std::vector<detail::endpoint> addresses(const std::vector<std::size_t>& servers) override
    {
        std::vector<detail::endpoint> found;
        for (const auto each : servers)
            found.push_back(simulation::ensemble::address(each));
        return found;
    }

    void cut_off() override
    {
        for (std::size_t i = 0; i < where_.servers.size(); ++i)
            where_.net.cut(home_, where_.servers.server(i));
    }

    void reunite() override
    {
        for (std::size_t i = 0; i < where_.servers.size(); ++i)
            where_.net.mend(home_, where_.servers.server(i));
    }

    void stand_still(std::chrono::milliseconds time) override
    {
        home_.stop();
        where_.run(time);
        home_.go_on();
    }

    void expire(std::int64_t session) override { where_.servers.expire_session(session); }

private:
    void on_thread(const std::function<void()>& work)
    {
        bool ran = false;
        where_.where.at(home_, where_.where.now(), [&] {
            work();
            ran = true;
        });
        while (!ran)
            where_.where.step();
    }

    simulation::ensemble_fixture& where_;
    simulation::process& home_;
    std::shared_ptr<simulation::simulated_client> client_;
};

} // namespace

simulated_bench::simulated_bench(std::size_t servers, std::uint64_t seed)
    : fixture_(usual_config(servers), seed)
{
    if (!fixture_.settle())
        throw std::runtime_error("the simulated ensemble does not serve");
}

std::unique_ptr<seat> simulated_bench::take_seat(const seat_setup& setup, detail::zk_events& events)
{
    auto& home = processes_.emplace_back(
        simulation::process::surroundings{fixture_.where, fixture_.net, fixture_.servers, faults_},
        "process-" + std::to_string(processes_.size() + 1),
        0);
    return std::make_unique<simulated_seat>(fixture_, home, setup, events);
}

void simulated_bench::wait(const std::function<bool()>& condition, test::source_line where)
{
    if (!fixture_.run_until(condition, patience))
        throw test::timed_out(where.text() + ": condition not met");
}

bool simulated_bench::has_node(const std::string& path)
{
    return fixture_.servers.node(path).has_value();
}

// By a client of its own, so that the watches of others hear of it as of anybody's writes.
void simulated_bench::carry_out(simulation::operation what)
{
    const auto client = fixture_.connect(leader());
    const auto done = fixture_.ask(*client, std::move(what)).result;
    fixture_.ask(*client, simulation::on(simulation::op::close_session, ""));
    if (done != simulation::code::ok)
        throw std::runtime_error("the observer could not write");
}

void simulated_bench::make_node(const std::string& path)
{
    carry_out(simulation::make(path));
}

void simulated_bench::make_late_node()
{
    make_node(late_path);
    fixture_.servers.set_next_sequence(late_path, late_number);
}

void simulated_bench::change_node(const std::string& path)
{
    carry_out({.what = simulation::op::set_data, .path = path, .data = "changed"});
}

std::size_t simulated_bench::leader()
{
    fixture_.run_until([this] { return fixture_.servers.leader().has_value(); }, patience);
    return fixture_.leader();
}

} // namespace paddock::calibration
