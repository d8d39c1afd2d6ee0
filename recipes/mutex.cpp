#include "recipes/key.hpp"
#include "recipes/lock_op.hpp"
#include "src/session_core.hpp"
#include <paddock/mutex.hpp>

#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

namespace paddock {

/// Which thread holds the lock through this object. More than one only after a loss: then the new
/// holder must not release with the old one's hold, nor the other way round.
struct mutex::owners {
    std::mutex guard; ///< never held while waiting for a lock
    std::unordered_map<std::thread::id, hold> holds;

    void refuse_second()
    {
        const std::lock_guard lock(guard);
        if (holds.contains(std::this_thread::get_id()))
            throw system_error(errc::would_deadlock, "paddock: this thread has locked it already");
    }

    void add(hold granted)
    {
        const std::lock_guard lock(guard);
        holds.insert_or_assign(std::this_thread::get_id(), std::move(granted));
    }

    hold take()
    {
        const std::lock_guard lock(guard);
        auto node = holds.extract(std::this_thread::get_id());
        return node.empty() ? hold() : std::move(node.mapped());
    }
};

namespace {

// The same znode as Curator's InterProcessMutex at this path: a lock's own path is its queue.
std::shared_ptr<detail::lock_space>
space_of(session& owner, std::string_view path, const lock_config& config)
{
    check(config);
    detail::check_lock_path(path);
    return detail::make_lock_space(
        detail::session_access::core(owner), std::string(detail::parent_of(path)), config, true);
}

} // namespace

mutex::mutex(session& owner, std::string_view path, lock_config config)
    : keys_(space_of(owner, path, config)), name_(detail::name_in(path)),
      owners_(std::make_unique<owners>())
{
}

mutex::~mutex() = default;

void mutex::lock()
{
    owners_->refuse_second();
    owners_->add(keys_.lock(name_));
}

bool mutex::try_lock()
{
    return try_lock_within(std::chrono::nanoseconds::zero());
}

bool mutex::try_lock_within(std::chrono::nanoseconds limit)
{
    owners_->refuse_second();
    auto granted = keys_.try_lock_within(name_, limit);
    if (!granted)
        return false;
    owners_->add(*std::move(granted));
    return true;
}

void mutex::unlock() noexcept
{
    owners_->take().release();
}

bool mutex::held() const
{
    const std::lock_guard lock(owners_->guard);
    const auto found = owners_->holds.find(std::this_thread::get_id());
    return found != owners_->holds.end() && found->second.held();
}

token mutex::current_token() const
{
    const std::lock_guard lock(owners_->guard);
    const auto found = owners_->holds.find(std::this_thread::get_id());
    return found == owners_->holds.end() ? token() : found->second.token();
}

} // namespace paddock
