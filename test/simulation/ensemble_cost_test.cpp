// What a request costs in real time. Hidden, because the figures belong to a machine:
// `simulation "[cost]"`.

#include "test/simulation/ensemble_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>

using namespace paddock::simulation;

namespace {

double cpu_seconds()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Sends the next request when the answer comes, for ever.
class busy_client final : public host, public client_end {
public:
    busy_client(world& where, ensemble& servers, std::string name, bool writes)
        : host(where, std::move(name)), servers_(servers), writes_(writes)
    {
    }
    void connect(std::size_t server)
    {
        connect_request wanted;
        wanted.timeout = 10s;
        link_ = servers_.connect(*this, server, wanted, *this);
    }
    void on_session(const connect_answer&) override { next(); }
    void on_watch_event(const watch_event&) override {}
    void on_answer(answer&& reply) override
    {
        ++answered;
        made_ = std::move(reply.path);
        next();
    }
    std::uint64_t answered{0};

private:
    void next()
    {
        request wanted;
        wanted.xid = answered + 1;
        if (!writes_)
            wanted.body = on(op::get, "/locks");
        else if (made_.empty())
            wanted.body = enqueue("/locks/_c_5e5b0c4e-1f0e-4cf2-8d0c-6cd0a1e1f0aa-lock-");
        else
            wanted.body = on(op::remove, std::move(made_));
        servers_.submit(link_, std::move(wanted));
    }

    ensemble& servers_;
    bool writes_;
    std::shared_ptr<connection> link_;
    std::string made_;
};

void measure(const char* what, std::size_t clients, bool writes, bool at_leader)
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto setup = fixture.connect(fixture.leader());
    REQUIRE(fixture.ask(*setup, make("/locks")).result == code::ok);
    std::vector<std::unique_ptr<busy_client>> busy;
    for (std::size_t i = 0; i < clients; ++i) {
        busy.push_back(std::make_unique<busy_client>(
            fixture.where, fixture.servers, "busy-" + std::to_string(i), writes));
        busy.back()->connect(at_leader ? fixture.leader() : fixture.follower());
    }
    fixture.run(1s);
    std::uint64_t before = 0;
    for (const auto& one : busy)
        before += one->answered;
    const auto events = fixture.where.events_seen();
    const auto start = cpu_seconds();

    while (cpu_seconds() - start < 1.0)
        fixture.run(20ms);

    const auto spent = cpu_seconds() - start;
    std::uint64_t done = 0;
    for (const auto& one : busy)
        done += one->answered;
    done -= before;
    std::printf("%-44s %5.2f us, %4.1f events each\n",
                what,
                spent * 1e6 / static_cast<double>(done),
                static_cast<double>(fixture.where.events_seen() - events) /
                    static_cast<double>(done));
}

} // namespace

TEST_CASE("the cost of a request", "[.][cost]")
{
    measure("a write at the leader, 1 client", 1, true, true);
    measure("a write at a follower, 1 client", 1, true, false);
    measure("a write at the leader, 20 clients", 20, true, true);
    measure("a write at a follower, 20 clients", 20, true, false);
    measure("a read at a follower, 20 clients", 20, false, false);
}
