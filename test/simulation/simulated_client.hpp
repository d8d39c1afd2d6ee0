#pragma once

#include "src/connect_pacer.hpp"
#include "src/zk_client.hpp"
#include "test/simulation/ensemble.hpp"
#include "test/simulation/process.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace paddock::simulation {

/// The seam over the simulated ensemble: does what the adapter makes of the C client.
///
/// Held to the real one by test/calibration.
class simulated_client final : public detail::zk_client,
                               private client_end,
                               public std::enable_shared_from_this<simulated_client> {
public:
    simulated_client(process& owner, detail::client_config config, detail::zk_events& events);
    ~simulated_client() override;

    void start();

    void create(detail::create_request request, nanoseconds patience, created handler) override;
    void children(std::string path, nanoseconds patience, listed handler) override;
    void watch(std::string path, nanoseconds patience, got handler) override;
    void watch_children(std::string path, nanoseconds patience, listed handler) override;
    void unwatch(std::string path, nanoseconds patience, done handler) override;
    void stat(std::string path, nanoseconds patience, got handler) override;
    void remove(std::string path, nanoseconds patience, done handler) override;
    void multi(std::vector<detail::multi_op> ops, nanoseconds patience, committed handler) override;
    void sync(std::string path, nanoseconds patience, done handler) override;
    void reconnect() override;
    void set_servers(std::vector<detail::endpoint> servers) override;
    void close(done handler) override;

private:
    operation to_operation(detail::check_op& wanted) const;
    operation to_operation(detail::remove_op& wanted) const;
    operation to_operation(detail::create_op& wanted) const;
    operation to_operation(detail::touch_op& wanted) const;

    using finisher = std::function<void(const detail::reply&, answer&)>;
    struct call {
        std::uint64_t xid;
        time_point sent;
        time_point deadline;
        finisher finish;
        bool unanswered{false};          // a fault ate its answer
        bool garbled{false};             // a fault put another in its place
        std::optional<request> unsent{}; // until there is a connection
    };

    void begin(nanoseconds patience, request wanted, finisher finish);
    void send(request wanted);
    void send_unsent();
    bool suffer_before(const request& wanted, finisher& finish);
    void suffer_after(call& made, bool writes);
    void finish_later(finisher finish, detail::reply_code code);
    void end_all_calls(detail::reply_code code);
    void arm_patience();
    void lose_patience();
    void after_what_arrived(time_point due, void (simulated_client::*then)());
    void keep_alive();

    void on_session(const connect_answer& given) override;
    void on_answer(answer&& given) override;
    void on_watch_event(const watch_event& event) override;

    void try_later();
    void try_next();
    void attempt_failed();
    void break_connection();
    void went_down();
    void end_session(detail::session_end reason);
    void finish_close(detail::reply_code code);
    void tell(std::function<void(detail::zk_events&)> event);

    process& owner_;
    detail::zk_events* events_; // null from the close on
    detail::client_config config_;
    std::vector<detail::endpoint> servers_;
    std::size_t next_server_{0};
    detail::endpoint current_server_;
    detail::connect_pacer pacer_;
    std::shared_ptr<connection> link_;
    std::deque<call> calls_;
    std::set<std::string> watched_; // as the C client keeps them, for the next connection
    std::set<std::string> watched_parents_;
    std::optional<request_faults::fault> pending_fault_;

    std::int64_t session_id_{0};
    std::uint64_t password_{0};
    std::int64_t last_zxid_{0};
    std::uint64_t last_xid_{0};
    std::chrono::milliseconds timeout_;
    time_point connect_started_{};
    bool connected_{false};
    bool attempting_{false};
    bool over_{false};
    bool closed_{false};
    detail::runtime::timer_id attempt_timer_{0};
    detail::runtime::timer_id patience_timer_{0};
    time_point patience_due_{time_point::max()};
    detail::runtime::timer_id alive_timer_{0};
    time_point last_sent_{};
    time_point last_heard_{};
    done close_handler_;
};

} // namespace paddock::simulation
