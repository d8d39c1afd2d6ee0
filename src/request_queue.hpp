#pragma once

#include "src/zk_client.hpp"

#include <cstddef>
#include <deque>
#include <functional>

namespace paddock::detail {

/// Requests on their way out: so many in flight, the rest in order of arrival.
class request_queue {
public:
    /// In flight at once: enough to fill a pipeline, and so few that heartbeats, which queue behind
    /// them on the connection, stay quick; half of a server's default `globalOutstandingLimit`.
    static constexpr std::size_t in_flight_max = 500;

    struct request {
        std::function<void()> send;
        std::function<void(reply_code)> reject; ///< it was never sent
    };

    /// Sends it now, or when its turn comes.
    void submit(request next);

    /// One in flight was answered.
    void answered();

    /// Rejects all that were not sent yet.
    void reject_all(reply_code why);

    std::size_t size() const noexcept { return waiting_.size(); }

private:
    std::deque<request> waiting_;
    std::size_t in_flight_{0};
};

} // namespace paddock::detail
