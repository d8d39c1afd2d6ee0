#pragma once

#include "src/runtime.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace paddock::test {

/// A runtime whose clock the test sets, whose tasks run when the test says so, and which has no
/// servers and no timers.
class manual_runtime final : public detail::runtime {
public:
    explicit manual_runtime(boost::asio::io_context& io) : io_(io) {}

    detail::time_point time{std::chrono::hours(1)};
    bool is_inside{false};

    detail::time_point now() const noexcept override { return time; }
    bool inside() const noexcept override { return is_inside; }
    void post(task work) override { boost::asio::post(io_, std::move(work)); }
    void signal(task work) override { boost::asio::post(io_, std::move(work)); }
    timer_id call_at(detail::time_point, task) override { return 1; }
    void cancel(timer_id) override {}
    std::uint64_t random() override { return 0; }
    void resolve(std::vector<detail::endpoint>, resolved) override {}
    std::shared_ptr<detail::zk_client> make_client(detail::client_config,
                                                   detail::zk_events&) override
    {
        return {};
    }
    std::shared_ptr<void> closing_guard() override { return {}; }

private:
    boost::asio::io_context& io_;
};

} // namespace paddock::test
