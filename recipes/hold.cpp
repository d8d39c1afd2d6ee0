#include "src/session_core.hpp"
#include <paddock/hold.hpp>

#include <memory>
#include <utility>

namespace paddock {
namespace detail {
namespace {

using waiter = completion<void(error_code)>;

/// For holds without a grant: there is no session, and nothing is held.
void complete_not_held(plain_handler handler)
{
    waiter(std::move(handler), system_pool())(errc::hold_lost);
}

} // namespace

void start_wait_lost(std::shared_ptr<grant> granted, plain_handler handler)
{
    if (!granted)
        return complete_not_held(std::move(handler));
    auto& core = *granted->core();
    auto shared = std::make_shared<waiter>(std::move(handler), core.fallback_executor());
    const auto id = granted->prepare(*shared);
    core.io().post([granted, id, shared] { granted->wait(id, std::move(*shared)); });
}

void start_verify(std::shared_ptr<grant> granted, plain_handler handler)
{
    if (!granted)
        return complete_not_held(std::move(handler));
    auto& core = *granted->core();
    auto once = std::make_shared<one_shot>(std::move(handler), core.fallback_executor());
    once->cancellable(core.shared_io());
    core.io().post([granted, once] {
        granted->core()->verify(granted, [once](error_code ec) { once->complete(ec); });
    });
}

void start_release(std::shared_ptr<grant> granted, plain_handler handler)
{
    if (!granted)
        return complete_not_held(std::move(handler));
    const auto& core = *granted->core();
    auto once = std::make_shared<one_shot>(std::move(handler), core.fallback_executor());
    once->cancellable(core.shared_io());
    granted->release([once](error_code ec) { once->complete(ec); });
}

} // namespace detail

hold::hold() noexcept = default;
hold::hold(std::shared_ptr<detail::grant> granted) noexcept : grant_(std::move(granted)) {}
hold::hold(hold&& other) noexcept = default;

hold& hold::operator=(hold&& other) noexcept
{
    if (this != &other) {
        release();
        grant_ = std::move(other.grant_);
    }
    return *this;
}

hold::~hold()
{
    release();
}

bool hold::release() noexcept
{
    return grant_ && grant_->release({});
}

bool hold::held() const noexcept
{
    return grant_ && grant_->held();
}

boot_clock::time_point hold::valid_until() const noexcept
{
    return grant_ ? grant_->valid_until() : boot_clock::time_point::min();
}

token hold::token() const noexcept
{
    return grant_ ? grant_->token() : paddock::token();
}

const std::string& hold::key() const noexcept
{
    static const std::string none;
    return grant_ ? grant_->key() : none;
}

const std::string& hold::path() const noexcept
{
    static const std::string none;
    return grant_ ? grant_->path() : none;
}

std::stop_token hold::lost() const
{
    return grant_ ? grant_->lost_token() : std::stop_token();
}

void hold::verify(error_code& ec) const
{
    if (!grant_) {
        ec = errc::hold_lost;
        return;
    }
    auto& core = *grant_->core();
    if (core.io().inside()) {
        ec = errc::would_deadlock;
        return;
    }
    auto result = std::make_shared<detail::blocking_slot<error_code>>();
    auto caller = std::make_shared<detail::waker<error_code>>(result, errc::hold_lost);
    core.io().post([granted = grant_, caller = std::move(caller)] {
        granted->core()->verify(granted, [caller](error_code answer) { caller->wake(answer); });
    });
    ec = result->take();
}

void hold::verify() const
{
    error_code ec;
    verify(ec);
    if (ec)
        throw system_error(ec, "paddock: verify \"" + key() + "\"");
}

} // namespace paddock
