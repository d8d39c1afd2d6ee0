#include "src/status_board.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace paddock::detail {

session_status status_board::read() const
{
    const std::lock_guard lock(mutex_);
    return status_;
}

bool status_board::wait_connected(std::chrono::milliseconds limit) const
{
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, bounded(limit), [this] {
        return status_.state == session_state::connected || status_.state == session_state::closed;
    });
    return status_.state == session_state::connected;
}

void status_board::change(const std::function<void(session_status&)>& edit)
{
    session_status latest;
    {
        const std::lock_guard lock(mutex_);
        edit(status_);
        ++status_.version;
        latest = status_;
    }
    changed_.notify_all();
    while (!waiters_.empty()) {
        auto node = waiters_.extract(waiters_.begin());
        std::move(node.mapped())(error_code(), latest);
    }
}

std::uint64_t status_board::prepare(const std::shared_ptr<runtime>& io, waiter& handler)
{
    const auto id = ++last_waiter_;
    handler.on_cancel(io, [self = weak_from_this(), id](asio::cancellation_type) {
        if (auto live = self.lock())
            live->give_up_waiting(id);
    });
    return id;
}

void status_board::wait(std::uint64_t id, std::uint64_t seen, waiter handler)
{
    auto latest = read();
    if (latest.version > seen) {
        std::move(handler)(error_code(), std::move(latest));
        return;
    }
    if (latest.state == session_state::closed) {
        std::move(handler)(errc::session_closed, std::move(latest));
        return;
    }
    waiters_.emplace(id, std::move(handler));
}

void status_board::give_up_waiting(std::uint64_t id)
{
    auto node = waiters_.extract(id);
    if (!node.empty())
        std::move(node.mapped())(asio::error::operation_aborted, read());
}

} // namespace paddock::detail
