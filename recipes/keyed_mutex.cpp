#include "recipes/key.hpp"
#include "recipes/lock_op.hpp"
#include "src/session_core.hpp"
#include <paddock/keyed_mutex.hpp>
#include <paddock/session.hpp>

#include <utility>

namespace paddock {
namespace {

using detail::lock_space;
using outcome = std::pair<error_code, std::optional<hold>>;
using slot = detail::blocking_slot<outcome>;

std::shared_ptr<lock_space> make_space(session& owner, std::string_view root, lock_config config)
{
    check(config);
    detail::check_lock_path(root);
    return detail::make_lock_space(
        detail::session_access::core(owner), std::string(root), config, false);
}

// A stalled I/O thread must not hold up a caller who set a limit; this much it is given to answer.
constexpr std::chrono::milliseconds grace{50};

outcome wait_for(const std::shared_ptr<lock_space>& space,
                 std::string_view key,
                 std::optional<detail::nanoseconds> limit)
{
    if (space->core->io().inside())
        return {errc::would_deadlock, std::nullopt};
    if (auto known = detail::look_at_retained(*space, key, limit))
        return {error_code(), *std::move(known)};
    auto result = std::make_shared<slot>();
    auto caller = std::make_shared<detail::waker<outcome>>(
        result, outcome{errc::session_closed, std::nullopt});
    detail::lock_op::wake wake = [caller = std::move(caller)](error_code ec,
                                                              std::optional<hold> granted) {
        caller->wake({ec, std::move(granted)});
    };
    const auto started = std::chrono::steady_clock::now();
    detail::start_lock_op(space, std::string(key), limit, std::move(wake));
    const bool has_limit = limit && limit->count() > 0;
    if (!has_limit)
        return result->take();
    auto arrived = result->take_until(started + *limit + grace);
    return arrived ? *std::move(arrived) : outcome{};
}

} // namespace

keyed_mutex::keyed_mutex(std::shared_ptr<detail::lock_space> space) : space_(std::move(space)) {}

keyed_mutex::keyed_mutex(session& owner, std::string_view root, lock_config config)
    : space_(make_space(owner, root, config))
{
}

hold keyed_mutex::lock(std::string_view key, error_code& ec)
{
    auto [failure, granted] = wait_for(space_, key, std::nullopt);
    ec = failure;
    return granted ? *std::move(granted) : hold();
}

hold keyed_mutex::lock(std::string_view key)
{
    error_code ec;
    auto granted = lock(key, ec);
    if (ec)
        throw system_error(ec, "paddock: lock \"" + std::string(key) + "\"");
    return granted;
}

std::optional<hold> keyed_mutex::try_lock(std::string_view key, error_code& ec)
{
    return try_lock_within(key, std::chrono::nanoseconds::zero(), ec);
}

std::optional<hold> keyed_mutex::try_lock(std::string_view key)
{
    return try_lock_within(key, std::chrono::nanoseconds::zero());
}

std::optional<hold>
keyed_mutex::try_lock_within(std::string_view key, std::chrono::nanoseconds limit, error_code& ec)
{
    auto [failure, granted] = wait_for(space_, key, limit);
    ec = failure;
    return std::move(granted);
}

std::optional<hold> keyed_mutex::try_lock_within(std::string_view key,
                                                 std::chrono::nanoseconds limit)
{
    error_code ec;
    auto granted = try_lock_within(key, limit, ec);
    if (ec)
        throw system_error(ec, "paddock: lock \"" + std::string(key) + "\"");
    return granted;
}

namespace detail {

std::optional<std::optional<hold>>
look_at_retained(const lock_space& space, std::string_view key, std::optional<nanoseconds> limit)
{
    if (!space.retained || space.core->is_closing())
        return std::nullopt;
    if (auto granted = space.retained->take(key))
        return hold(std::move(granted));
    const bool looks_once = limit && limit->count() <= 0;
    if (looks_once && space.retained->is_held(key))
        return std::optional<hold>();
    return std::nullopt;
}

const asio::any_io_executor& fallback_executor(const lock_space& space)
{
    return space.core->fallback_executor();
}

void start_lock(std::shared_ptr<lock_space> space, std::string key, lock_handler handler)
{
    lock_op::must_lock answer(std::move(handler), space->core->fallback_executor());
    start_lock_op(space, std::move(key), std::nullopt, std::move(answer));
}

void start_try_lock(std::shared_ptr<lock_space> space,
                    std::string key,
                    std::chrono::nanoseconds limit,
                    try_lock_handler handler)
{
    lock_op::may_lock answer(std::move(handler), space->core->fallback_executor());
    start_lock_op(space, std::move(key), limit, std::move(answer));
}

} // namespace detail
} // namespace paddock
