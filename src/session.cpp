#include "src/completion.hpp"
#include "src/hosts.hpp"
#include "src/io_thread.hpp"
#include "src/session_access.hpp"
#include "src/session_core.hpp"
#include <paddock/session.hpp>

#include <stdexcept>
#include <utility>

namespace paddock {
namespace {

const session_config& checked(const session_config& config)
{
    check(config);
    return config;
}

} // namespace

std::string_view to_string(session_state state) noexcept
{
    switch (state) {
    case session_state::connecting:
        return "connecting";
    case session_state::connected:
        return "connected";
    case session_state::suspended:
        return "suspended";
    case session_state::lost:
        return "lost";
    case session_state::closed:
        return "closed";
    }
    return "unknown";
}

session::session(session_config config) : session(detail::system_pool(), std::move(config)) {}

session::session(boost::asio::any_io_executor executor, session_config config)
    : session(std::make_shared<detail::session_core>(
          detail::io_thread::instance(), std::move(executor), checked(config)))
{
}

session::session(std::shared_ptr<detail::session_core> core) : core_(std::move(core))
{
    core_->io().post([core = core_] { core->start(); });
}

session::session(session&&) noexcept = default;

session& session::operator=(session&& other) noexcept
{
    if (this != &other) {
        close();
        core_ = std::move(other.core_);
    }
    return *this;
}

session::~session()
{
    close();
}

void session::close() noexcept
{
    if (!core_)
        return;
    core_->begin_close();
    // The guard exists before the process can get to its end; the close itself makes a later one.
    core_->io().post([core = core_, guard = core_->shared_io()->closing_guard()] {
        core->close([](error_code) {});
    });
}

session_state session::state() const
{
    return status().state;
}

session_status session::status() const
{
    return core_->board().read();
}

std::uint64_t session::epoch() const
{
    return status().epoch;
}

std::chrono::milliseconds session::negotiated_timeout() const
{
    return status().negotiated_timeout;
}

session_usage session::usage() const
{
    return core_->usage();
}

bool session::wait_connected(std::chrono::milliseconds limit) const
{
    if (core_->io().inside())
        throw system_error(errc::would_deadlock);
    return core_->board().wait_connected(limit);
}

void session::set_hosts(std::string_view hosts)
{
    auto list = detail::parse_hosts(hosts);
    if (list.chroot != core_->chroot())
        throw std::invalid_argument("the chroot of a session cannot change: it is \"" +
                                    core_->chroot() + "\", the new list has \"" + list.chroot +
                                    "\"");
    core_->io().post([core = core_, found = std::move(list.hosts)]() mutable {
        core->set_hosts(std::move(found));
    });
}

namespace detail {

void start_next_status(std::shared_ptr<session_core> core,
                       std::uint64_t seen,
                       status_handler handler)
{
    auto shared =
        std::make_shared<status_board::waiter>(std::move(handler), core->fallback_executor());
    const auto id = core->board().prepare(core->shared_io(), *shared);
    core->io().post([core, id, seen, shared] { core->board().wait(id, seen, std::move(*shared)); });
}

void start_close(std::shared_ptr<session_core> core, plain_handler handler)
{
    core->begin_close();
    auto once = std::make_shared<one_shot>(std::move(handler), core->fallback_executor());
    once->cancellable(core->shared_io());
    core->io().post([core, once, guard = core->shared_io()->closing_guard()] {
        core->close([once](error_code ec) { once->complete(ec); });
    });
}

} // namespace detail
} // namespace paddock
