#include "src/connect_pacer.hpp"

#include "src/backoff.hpp"

#include <algorithm>

namespace paddock::detail {
namespace {

// A connection that ends sooner counts as a failed attempt: a server that takes clients in and
// throws them out (too many of them, an oversized packet) must not be asked again without a pause.
constexpr std::chrono::seconds lasting{1};

// The least time an attempt gets: a busy server on the same site answers within it.
constexpr std::chrono::milliseconds attempt_min{100};

// The first round must be over well before the session is: with T/8 each, five servers that are
// black-holed still leave time for a sixth. A later round has nothing left to save and gives slow
// servers the time they may need.
constexpr int first_round_share = 8;
constexpr int later_round_share = 3;

} // namespace

connect_pacer::connect_pacer(std::size_t servers, nanoseconds session_timeout)
    : servers_(std::max<std::size_t>(servers, 1)), session_timeout_(session_timeout)
{
}

void connect_pacer::set_servers(std::size_t servers) noexcept
{
    servers_ = std::max<std::size_t>(servers, 1);
    tries_ = 0; // they have not been tried
    next_ = {};
}

void connect_pacer::started(time_point now) noexcept
{
    started_ = now;
    ++tries_;
}

void connect_pacer::failed(time_point now, std::uint64_t random)
{
    next_ = now + pause(random);
}

void connect_pacer::lost(time_point now, std::uint64_t random)
{
    if (now - connected_ >= lasting)
        tries_ = 0;
    next_ = now + pause(random);
}

time_point connect_pacer::give_up() const noexcept
{
    const bool first_round = tries_ <= servers_;
    const nanoseconds share =
        session_timeout_ / (first_round ? first_round_share : later_round_share);
    return started_ + std::max<nanoseconds>(share, attempt_min);
}

nanoseconds connect_pacer::pause(std::uint64_t random) const
{
    if (tries_ == 0 || tries_ % servers_ != 0)
        return nanoseconds{0};                // a server of this round is left
    constexpr std::size_t rounds_max = 1'000; // far past the longest wait
    return backoff_delay(static_cast<unsigned>(std::min(failed_rounds() - 1, rounds_max)), random);
}

} // namespace paddock::detail
