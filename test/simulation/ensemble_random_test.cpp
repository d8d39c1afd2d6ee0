// Servers end, stop and lose one another at random, while clients write. Whatever happens, what was
// acknowledged stays, and all servers agree in the end.

#include "test/simulation/ensemble_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

using namespace paddock::simulation;

namespace {

constexpr std::size_t most_servers = 5;

/// Creates nodes and removes them again, at any server, for ever.
class random_client final : public host, public client_end {
public:
    random_client(world& where, ensemble& servers, std::string name)
        : host(where, std::move(name)), servers_(servers), chance_(where.chance().split())
    {
        act();
    }
    ~random_client() override { hang_up(); }

    void on_session(const connect_answer& answer) override
    {
        if (answer.session_id == 0) {
            session_ = 0;
            return;
        }
        session_ = answer.session_id;
        password_ = answer.password;
        timeouts[session_] = answer.timeout;
        heard(connecting_since_);
        standing_ = true;
    }
    void on_answer(answer&& reply) override
    {
        CHECK(reply.zxid >= newest_);
        newest_ = reply.zxid;
        heard(sent_at_);
        waiting_ = false;
        const auto path = std::exchange(asked_, {});
        if (reply.result != code::ok || path.empty())
            return;
        if (removing_)
            removed.insert(path);
        else
            made.insert({path, reply.stat.czxid});
    }
    void on_watch_event(const watch_event&) override {}

    /// When the newest answered request or handshake of a session was sent to a server.
    time_point answered(std::int64_t session, std::size_t server) const
    {
        const auto found = answered_.find({session, server});
        return found == answered_.end() ? time_point{} : found->second;
    }

    std::map<std::string, std::int64_t> made; ///< acknowledged
    std::set<std::string> removed;            ///< acknowledged
    std::set<std::string> doubtful;           ///< to be removed, perhaps
    std::map<std::int64_t, std::chrono::milliseconds> timeouts;
    bool resting{false};

private:
    void act()
    {
        if (link_ == nullptr || closed_)
            connect();
        else if (standing_ && !waiting_ && !resting)
            write();
        else if (chance_.one_in(200))
            hang_up(); // out of patience
        world_.at(*this, world_.now() + chance_.between(1ms, 60ms), [this] { act(); });
    }
    void connect()
    {
        server_ = static_cast<std::size_t>(chance_.below(servers_.size()));
        connect_request wanted;
        wanted.session_id = session_;
        wanted.password = password_;
        wanted.timeout = timeout_;
        wanted.last_zxid = newest_;
        connecting_since_ = world_.now();
        waiting_ = false;
        standing_ = false;
        closed_ = false;
        link_ = servers_.connect(*this, server_, wanted, *this);
        link_->on_closed(side::opener, [this, opened = link_.get()] {
            if (opened == link_.get())
                closed_ = true;
        });
    }
    void hang_up()
    {
        if (link_ == nullptr)
            return;
        link_->on_closed(side::opener, nullptr);
        link_->close(side::opener);
        closed_ = true;
    }
    void write()
    {
        request wanted;
        wanted.xid = ++xid_;
        waiting_ = true;
        sent_at_ = world_.now();
        asked_.clear(); // the answer to what was asked before may be lost
        removing_ = !made.empty() && chance_.one_in(3);
        if (chance_.one_in(4)) {
            wanted.body = on(op::exists, "/");
        } else if (removing_) {
            asked_ = made.begin()->first;
            made.erase(made.begin());
            doubtful.insert(asked_);
            wanted.body = on(op::remove, asked_);
        } else {
            asked_ = "/" + name() + "-" + std::to_string(xid_);
            wanted.body = make(asked_);
        }
        servers_.submit(link_, std::move(wanted));
    }
    void heard(time_point sent) { answered_[{session_, server_}] = sent; }

    ensemble& servers_;
    random_source chance_;
    // Always the same: an attempt to connect that asks for less, and is never answered, counts.
    const std::chrono::milliseconds timeout_{chance_.one_in(2) ? 4s : 6s};
    std::shared_ptr<connection> link_;
    std::size_t server_{0};
    std::int64_t session_{0};
    std::uint64_t password_{0};
    std::int64_t newest_{0};
    std::uint64_t xid_{0};
    bool closed_{false};
    bool standing_{false};
    bool waiting_{false};
    bool removing_{false};
    std::string asked_;
    time_point sent_at_{};
    time_point connecting_since_{};
    std::map<std::pair<std::int64_t, std::size_t>, time_point> answered_;
};

class trial {
public:
    explicit trial(std::uint64_t seed)
        : fixture({.servers = seed % 4 == 0 ? most_servers : 3,
                   .tick = seed % 2 == 0 ? 2'000ms : 500ms,
                   .sync_to_disk = seed % 3 == 0 ? 20ms : 200us},
                  seed),
          chance_(seed * 7919)
    {
        fixture.servers.on_change = [this](const ensemble::change& one) { check_order(one); };
        fixture.where.narrator = [this](const std::string& line) { check_expiry(line); };
        for (int i = 0; i < 6; ++i)
            clients.push_back(std::make_unique<random_client>(
                fixture.where, fixture.servers, "client-" + std::to_string(i)));
    }

    void hurt()
    {
        const auto server = static_cast<std::size_t>(chance_.below(fixture.servers.size()));
        auto& one = fixture.servers.server(server);
        auto& other =
            fixture.servers.server(static_cast<std::size_t>(chance_.below(fixture.servers.size())));
        switch (chance_.below(9)) {
        case 0:
            return fixture.servers.kill(server);
        case 1:
        case 2:
            return fixture.servers.restart(server);
        case 3:
            return fixture.servers.pause(server);
        case 4:
            return fixture.servers.resume(server);
        case 5:
            return fixture.net.block(one, other);
        case 6:
            return fixture.net.cut(one, other);
        case 7:
            return fixture.isolate(server);
        default:
            return fixture.net.heal();
        }
    }

    void heal()
    {
        fixture.net.heal();
        for (std::size_t i = 0; i < fixture.servers.size(); ++i) {
            fixture.servers.resume(i);
            fixture.servers.restart(i);
        }
        for (const auto& client : clients)
            client->resting = true;
        fixture.run(30s);
        REQUIRE(fixture.settle());
        fixture.run(1s);
    }

    void check_trees()
    {
        const auto committed = fixture.servers.nodes_below("/");
        std::map<std::string, std::int64_t> nodes;
        for (const auto& node : committed)
            nodes.emplace(node.path, node.stat.czxid);
        for (std::size_t i = 0; i < fixture.servers.size(); ++i) {
            const auto seen = fixture.servers.nodes_at(i, "/");
            bool equal = seen.size() == committed.size();
            for (std::size_t n = 0; equal && n < seen.size(); ++n)
                equal = seen[n].path == committed[n].path &&
                        seen[n].stat.mzxid == committed[n].stat.mzxid;
            CHECK(equal);
        }
        for (const auto& client : clients) {
            for (const auto& [path, czxid] : client->made)
                CHECK(nodes.find(path) != nodes.end());
            for (const auto& path : client->removed)
                CHECK(nodes.find(path) == nodes.end());
        }
    }

    ensemble_fixture fixture;
    std::vector<std::unique_ptr<random_client>> clients;
    std::uint64_t expiries{0};

private:
    void check_order(const ensemble::change& one)
    {
        if (!one.created)
            return;
        CHECK(one.czxid > newest_);
        newest_ = one.czxid;
    }

    // What a leader was told itself, it must not expire before its time.
    void check_expiry(const std::string& line)
    {
        const auto what = line.find("  expires  ");
        if (what == std::string::npos)
            return;
        ++expiries;
        const auto session = std::strtoll(line.c_str() + what + 11, nullptr, 10);
        const auto server = static_cast<std::size_t>(line[what - 1] - '0');
        for (const auto& client : clients) {
            const auto known = client->timeouts.find(session);
            if (known != client->timeouts.end())
                CHECK(client->answered(session, server) + known->second <= fixture.where.now());
        }
    }

    random_source chance_;
    std::int64_t newest_{0};
};

} // namespace

TEST_CASE("whatever happens to servers, what was acknowledged stays and all agree in the end",
          "[simulation][ensemble]")
{
    std::uint64_t expiries = 0;
    std::uint64_t elections = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        trial run(seed);
        for (int i = 0; i < 40; ++i) {
            run.fixture.run(run.fixture.where.chance().between(10ms, 3s));
            run.hurt();
        }
        run.heal();
        run.check_trees();
        expiries += run.expiries;
        elections += run.fixture.servers.seen().elections;
    }
    CHECK(expiries > 20); // it was no walk in the park
    CHECK(elections > 100);
}

TEST_CASE("equal seeds give equal records, other seeds others", "[simulation][ensemble]")
{
    const auto record_of = [](std::uint64_t seed) {
        trial run(seed);
        for (int i = 0; i < 20; ++i) {
            run.fixture.run(run.fixture.where.chance().between(10ms, 3s));
            run.hurt();
        }
        return run.fixture.where.trace_hash();
    };
    const auto first = record_of(11);

    CHECK(record_of(11) == first);
    CHECK(record_of(12) != first);
}
