#pragma once

/// What a scenario is written in: clients that are told what to do, one step after the other.

#include "test/calibration/bench.hpp"
#include "test/calibration/history.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace paddock::calibration {

using test::source_line;

/// An operation of a transaction, on a path below the root.
detail::multi_op check(std::string path);
detail::multi_op erase(std::string path);
detail::multi_op join(std::string prefix); ///< creates an ephemeral sequential znode
detail::multi_op touch(std::string path);

/// A client. Its calls are waited for, unless they are made `together`.
///
/// Paths that begin with a slash are below the scenario's root; all others are taken as they are.
class actor final : private detail::zk_events {
public:
    actor(bench& where, history& seen, std::string name, const seat_setup& setup);
    ~actor() override; ///< closes the client
    actor(const actor&) = delete;
    actor& operator=(const actor&) = delete;

    void create(const std::string& path);
    void create_container(const std::string& path);
    void enqueue(const std::string& prefix); ///< an ephemeral sequential znode
    void children(const std::string& path);
    void watch(const std::string& path);
    void watch_children(const std::string& path);
    void unwatch(const std::string& path);
    void stat(const std::string& path);
    void remove(const std::string& path);
    void multi(std::vector<detail::multi_op> ops);
    void sync(const std::string& path);
    void close();

    /// Makes all calls of `calls` in one go, then waits for their answers.
    void together(const std::function<void()>& calls, source_line where = source_line::current());
    /// The same, and waits for nothing.
    void at_once(const std::function<void()>& calls);
    void wait_for_answers(source_line where = source_line::current());

    void reconnect();
    void set_servers(const std::vector<std::size_t>& servers);
    void cut_off() { seat_->cut_off(); }
    void reunite() { seat_->reunite(); }
    void stand_still(std::chrono::milliseconds time) { seat_->stand_still(time); }
    void expire() { seat_->expire(seen_.session_of(number_)); }

    /// Waits for the next event that begins with this, after those waited for before.
    void wait_for(const std::string& event, source_line where = source_line::current());

    /// How long the next calls may take.
    std::chrono::milliseconds patience{default_patience};
    static constexpr std::chrono::milliseconds default_patience{6'000};

    static constexpr auto connected = "connected";
    static constexpr auto disconnected = "disconnected";
    static constexpr auto session_over = "session over";

private:
    using call = std::function<void(detail::zk_client&)>;

    void on_connected(const detail::connection_info& info) override;
    void on_disconnected() override;
    void on_session_over(detail::session_end reason) override;
    void on_watch(const std::string& path) override;

    void begin(call made);
    void make_node(const std::string& path, detail::create_mode mode);
    void note_results(const std::string& asked,
                      const std::vector<detail::multi_op>& ops,
                      const std::vector<detail::multi_result>& results);
    std::string next_call(const std::string& what, const std::string& path);
    /// What takes the answer to a listing.
    detail::zk_client::listed listed(const std::string& name);
    void
    answered(const std::string& asked, const detail::reply& end, const std::string& result = {});

    bench& bench_;
    history& seen_;
    const std::size_t number_;
    std::map<std::string, std::size_t> waited_;
    std::vector<call> gathered_;
    bool gathering_{false};
    bool closed_{false};
    std::size_t calls_{0};
    std::unique_ptr<seat> seat_; // last: its client tells the members above
};

/// One run of a scenario.
class script {
public:
    script(bench& where, history& seen) : bench_(where), seen_(seen) {}

    /// A client that is connected. They are called A, B, C.
    actor& join(const seat_setup& setup = {}, source_line where = source_line::current());
    /// A client that has only begun to connect.
    actor& enter(const seat_setup& setup = {});

    bench& servers() noexcept { return bench_; }
    std::size_t leader() { return bench_.leader(); }
    std::size_t follower() { return (bench_.leader() + 1) % 3; }
    std::size_t other_follower() { return (bench_.leader() + 2) % 3; }

    void make_node(const std::string& path) { bench_.make_node(seen_.real(path)); }
    void change_node(const std::string& path) { bench_.change_node(seen_.real(path)); }
    void wait_until_gone(const std::string& path, source_line where = source_line::current());
    /// Lets time go by in which nothing is to happen.
    void pass(std::chrono::milliseconds time, source_line where = source_line::current());

    time_point now() const { return bench_.now(); }
    /// Notes whether so much time has passed since `start`: at least, and at most.
    void took(const std::string& what,
              time_point start,
              std::chrono::milliseconds least,
              std::chrono::milliseconds most);

private:
    bench& bench_;
    history& seen_;
    std::deque<actor> actors_;
};

} // namespace paddock::calibration
