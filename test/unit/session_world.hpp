#pragma once

#include "src/belief.hpp"
#include "test/unit/chance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

/// The derivation of docs/guarantees.md held to account: a leader, its follower and a client on a
/// virtual timeline. The rule: were everything cut off right now, the leader would expire the
/// session a full time-out after its record of it was refreshed; the deadline must come an eighth
/// of the time-out before that, whatever else goes wrong.
namespace paddock::test {

using detail::belief;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using time_point = belief::time_point;

/// What may go wrong beside cuts and reconnects.
struct troubles {
    bool freezes{false}; ///< a server stands still, and goes on
    bool stops{false};   ///< the client does
    bool stalls{false};  ///< the leader's pings are late, by less than an eighth of the time-out
    bool outages{false}; ///< the way between leader and follower is closed, and opens again
};

struct totals {
    std::uint64_t raised{0}; ///< how often the deadline moved
    std::uint64_t cuts{0};
    std::uint64_t reconnects{0};
    std::uint64_t expiries{0};
};

// Events at one time come in random order.
class timeline {
public:
    explicit timeline(chance& chance) : chance_(chance) {}

    time_point now() const { return now_; }

    void at(time_point when, std::function<void()> what)
    {
        events_.emplace(std::pair(std::max(when, now_), chance_.any()), std::move(what));
    }

    void run_until(time_point end)
    {
        while (!events_.empty() && events_.begin()->first.first <= end && !stopped_) {
            const auto next = events_.extract(events_.begin());
            now_ = next.key().first;
            next.mapped()();
        }
    }

    void stop() { stopped_ = true; }

private:
    chance& chance_;
    std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> events_;
    time_point now_{1h};
    bool stopped_{false};
};

// One direction of a TCP connection: nothing overtakes.
class channel {
public:
    explicit channel(timeline& time) : time_(time) {}

    void send(nanoseconds delay, std::function<void()> arrive)
    {
        if (cut)
            return;
        last_ = std::max(time_.now() + delay, last_ + 1ns);
        time_.at(last_, std::move(arrive));
    }

    bool cut{false};

private:
    timeline& time_;
    time_point last_{};
};

// The server of one connection, and the leader's view of the session. Where the server is the
// leader itself, the way between the two has no length and cannot be cut.
struct connection {
    explicit connection(timeline& time)
        : to_server(time), to_client(time), up(time), down(time), from_client(time),
          from_leader(time)
    {
    }

    struct request {
        time_point sent;
        bool write;
        bool done;
    };

    channel to_server;
    channel to_client;
    channel up;          // follower to leader
    channel down;        // leader to follower
    channel from_client; // arrived, and waiting for the server to thaw
    channel from_leader;
    bool leads{false};
    bool quorum{true}; // of a server that leads
    bool touched{false};
    bool open{false};
    time_point frozen_until{};
    time_point closed_until{};                    // the way to the leader
    std::deque<std::shared_ptr<request>> pending; // answers leave in the order of the requests
};

class world {
public:
    world(std::uint32_t seed, troubles with, totals& sums)
        : chance_(seed), with_(with), sums_(sums), time_(chance_)
    {
        timeout_ = 1ms * static_cast<std::int64_t>(1'000 + chance_.below(20'000));
        const bool coarse = with_.stalls || chance_.one_in(2); // a ping each quarter: the hardest
        half_tick_ = timeout_ / static_cast<std::int64_t>(2 + chance_.below(coarse ? 1 : 19)) / 2;
        link_ = up_to(timeout_ / 64);
    }

    void run()
    {
        record_ = time_.now();
        connect();
        ping(time_.now() + up_to(half_tick_));
        if (with_.freezes)
            plan([this] { server_->frozen_until = time_.now() + up_to(timeout_); }, timeout_);
        if (with_.outages)
            plan([this] { server_->closed_until = time_.now() + up_to(timeout_); }, timeout_);
        if (with_.stops)
            plan([this] { stopped_until_ = time_.now() + up_to(timeout_ * 3 / 4); }, timeout_ * 4);
        time_.run_until(time_.now() + timeout_ * 30);
    }

private:
    using server_ptr = std::shared_ptr<connection>;

    nanoseconds up_to(nanoseconds most)
    {
        return nanoseconds(
            static_cast<std::int64_t>(chance_.below(static_cast<std::uint64_t>(most.count()) + 1)));
    }

    void plan(std::function<void()> what, nanoseconds most)
    {
        time_.at(time_.now() + 1ns + up_to(most), [this, what, most] {
            what();
            plan(what, most);
        });
    }

    nanoseconds way(const server_ptr& server) const
    {
        return std::max(server->closed_until - time_.now(), nanoseconds(0)) + link_;
    }

    nanoseconds trip() { return 1ns + up_to(chance_.one_in(50) ? timeout_ / 6 : timeout_ / 64); }

    // --- the leader ---

    void refresh() { record_ = time_.now(); }

    void ping(time_point due)
    {
        ping_due_ = due;
        const bool late = with_.stalls && chance_.one_in(2);
        time_.at(late ? due + up_to(timeout_ / 8 - 1ns) : due, [this, due] {
            if (time_.now() > record_ + timeout_) {
                ++sums_.expiries;
                time_.stop();
                return;
            }
            if (!server_->leads)
                server_->down.send(way(server_), [this, to = server_] { pinged(to); });
            ping(due + half_tick_);
        });
    }

    void commit(const server_ptr& from, const std::shared_ptr<connection::request>& write)
    {
        if (from->leads && !from->quorum)
            return;
        time_.at(time_.now() + up_to(timeout_ / 64), [this, from, write] {
            const auto applied = [this, from, write] {
                when_awake(from, from->from_leader, [this, from, write] {
                    write->done = true;
                    answer(from);
                });
            };
            from->leads ? applied() : from->down.send(way(from), applied);
        });
    }

    // --- the server ---

    // What a server finds when it thaws it takes in order from each side, and either side first.
    void when_awake(const server_ptr& server, channel& inbox, std::function<void()> what)
    {
        const bool frozen = server->frozen_until > time_.now();
        const auto wait = frozen ? server->frozen_until - time_.now() : 0ns;
        inbox.send(wait + (frozen && chance_.one_in(2) ? 1us : 0us), std::move(what));
    }

    void pinged(const server_ptr& server)
    {
        when_awake(server, server->from_leader, [this, server] {
            if (std::exchange(server->touched, false))
                server->up.send(way(server), [this] { refresh(); });
        });
    }

    void take(const server_ptr& server, const std::shared_ptr<connection::request>& request)
    {
        when_awake(server, server->from_client, [this, server, request] {
            if (server->leads && server->quorum)
                refresh();
            server->touched = true;
            server->pending.push_back(request);
            request->done = !request->write;
            if (request->write)
                propose(server, request);
            answer(server);
        });
    }

    // The cut that hurts most is right behind a write: it proves, and nothing follows it.
    void propose(const server_ptr& server, const std::shared_ptr<connection::request>& write)
    {
        if (server->leads)
            commit(server, write);
        else
            server->up.send(way(server), [this, server, write] { commit(server, write); });
        const bool ping_is_late = time_.now() > ping_due_ || way(server) > link_ ||
                                  time_.now() - server->frozen_until < 2us;
        if (!chance_.one_in(ping_is_late ? 3 : 30))
            return;
        ++sums_.cuts;
        time_.at(time_.now() + (chance_.one_in(2) ? 0ns : up_to(timeout_ / 16)), [server] {
            server->up.cut = true;
            server->quorum = false;
        });
    }

    void answer(const server_ptr& server)
    {
        while (!server->pending.empty() && server->pending.front()->done) {
            server->to_client.send(trip(), [this, server, request = server->pending.front()] {
                when_running([this, server, request] { answered(server, *request); });
            });
            server->pending.pop_front();
        }
    }

    // --- the client ---

    void when_running(std::function<void()> what)
    {
        if (stopped_until_ > time_.now())
            time_.at(stopped_until_, std::move(what));
        else
            what();
    }

    void connect()
    {
        server_ = std::make_shared<connection>(time_);
        server_->leads = chance_.one_in(4);
        const auto started = time_.now();
        const auto stand = [this, server = server_, started] {
            if (server != server_)
                return;
            server->open = true;
            server->touched = chance_.one_in(2);
            last_answer_ = time_.now();
            session_.connected(started, timeout_);
            check();
            send(server, false);
            send(server, true);
        };
        // The leader confirms the session, whose record that refreshes.
        server_->to_server.send(trip(), [this, server = server_, stand] {
            refresh();
            server->to_client.send(trip(), [this, stand] { when_running(stand); });
        });
        watch_over(server_);
    }

    void send(const server_ptr& server, bool write)
    {
        if (server != server_)
            return;
        const auto request =
            std::make_shared<connection::request>(connection::request{time_.now(), write, false});
        server->to_server.send(trip(), [this, server, request] { take(server, request); });
        // Mostly as often as a session does it, now and then at whim.
        auto gap = write ? timeout_ / 8 : timeout_ / 16;
        if (chance_.one_in(5))
            gap = up_to(gap * 4);
        time_.at(time_.now() + 1ns + gap,
                 [this, server, write] { when_running([=, this] { send(server, write); }); });
    }

    void watch_over(const server_ptr& server)
    {
        time_.at(time_.now() + timeout_ / 6, [this, server] {
            if (server != server_)
                return;
            const auto silent_since = std::max(last_answer_, stopped_until_);
            if (time_.now() < silent_since + timeout_ / 3 && !chance_.one_in(60)) {
                watch_over(server);
                return;
            }
            ++sums_.reconnects;
            connect();
        });
    }

    void answered(const server_ptr& server, const connection::request& request)
    {
        if (server != server_)
            return;
        last_answer_ = time_.now();
        if (!request.write)
            session_.answered(request.sent, time_.now());
        else if (session_.committed(request.sent, time_.now()))
            ++sums_.raised;
        check();
    }

    void check()
    {
        const auto expiry = record_ + timeout_;
        const auto margin = expiry - session_.deadline();
        if (margin >= timeout_ / 8)
            return;
        CAPTURE(timeout_.count(), half_tick_.count(), link_.count(), margin.count());
        FAIL("belief ends too near to the leader's expiry, at "
             << time_.now().time_since_epoch().count());
    }

    chance chance_;
    troubles with_;
    totals& sums_;
    timeline time_;
    nanoseconds timeout_{0};
    nanoseconds half_tick_{0};
    nanoseconds link_{0};
    time_point ping_due_{};
    time_point record_{}; // when the leader's record of the session was refreshed
    server_ptr server_;
    time_point stopped_until_{};
    time_point last_answer_{};
    belief session_;
};

inline void run_world(std::uint32_t seed, troubles with, totals& sums)
{
    INFO(replay(seed));
    world(seed, with, sums).run();
}

} // namespace paddock::test
