#pragma once

#include "test/simulation/program.hpp"
#include <paddock/hold.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace paddock::simulation {

/// One thread of control of a program: waits, takes a lock, works under it, lets go, and again.
class worker {
public:
    worker(program& owner, std::size_t session);

    void start();
    void hurry(); ///< ends what it does soon
    bool idle() const noexcept { return doing_ == activity::nothing; }
    std::string describe() const;
    /// Whether it has, or wants, the key, or did since then.
    bool wanted(std::size_t session, const std::string& key, time_point since) const;

private:
    enum class activity { nothing, thinking, calling, holding, letting_go };

    void think();
    void call();
    void call_with_limit(nanoseconds limit);
    void answered(std::uint64_t attempt, error_code ec, std::optional<hold> got);
    void refused(error_code ec);
    bool may_be_told(error_code ec);
    bool cancel_sometime();
    std::shared_ptr<boost::asio::cancellation_signal> cancel_end_sometime(nanoseconds within);
    void work();
    void keep();
    void before_write();
    void write();
    void let_go();
    void let_go_and_wait();
    void done();

    random_source& chance();
    world& where();
    bool percent(int of_hundred);
    nanoseconds share(int thousandths);
    nanoseconds pause(int most);
    void later(nanoseconds delay, void (worker::*next)());
    std::string pick_key();

    program& owner_;
    const std::size_t session_;
    activity doing_{activity::nothing};
    std::uint64_t attempt_{0};
    std::string key_;
    time_point called_{};
    time_point idle_since_{};
    nanoseconds limit_{0};
    bool limited_{false};
    bool cancelled_{false};
    std::uint64_t refusals_before_{0};
    std::uint64_t renewals_before_{0};
    std::int64_t session_before_{0};
    std::int64_t untidy_session_{0};
    std::shared_ptr<boost::asio::cancellation_signal> cancel_;
    std::optional<hold> hold_;
    std::shared_ptr<witness::observed> seen_;
    std::int64_t read_{0};
    bool verified_{false};
    world::event_id timer_{0};
    void (worker::*next_)(){nullptr};
};

} // namespace paddock::simulation
