#include "src/request_queue.hpp"

#include <utility>

namespace paddock::detail {

void request_queue::submit(request next)
{
    if (in_flight_ >= in_flight_max) {
        waiting_.push_back(std::move(next));
        return;
    }
    ++in_flight_;
    next.send();
}

void request_queue::answered()
{
    --in_flight_;
    if (waiting_.empty())
        return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    ++in_flight_;
    next.send();
}

void request_queue::reject_all(reply_code why)
{
    for (auto& unsent : std::exchange(waiting_, {}))
        unsent.reject(why);
}

} // namespace paddock::detail
