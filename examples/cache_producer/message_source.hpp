#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cache_producer {

/// One delivery of a message.
struct message {
    std::string id; ///< names it towards its source
    std::string body;
    unsigned deliveries{1}; ///< how often it has been delivered, this time included
};

/// A queue that delivers every message at least once, shared by all instances of the service.
///
/// A message that is received must end in one of `acknowledge`, `retry_later` and `dead_letter`.
/// If its instance dies first, another instance receives it.
/// Threads: any, all members.
/// Errors: an exception that derives from `std::runtime_error`: the queue cannot be reached.
class message_source {
public:
    message_source() = default;
    message_source(const message_source&) = delete;
    message_source& operator=(const message_source&) = delete;
    virtual ~message_source() = default;

    /// The next message; waits for one for about `wait`.
    virtual std::optional<message> receive(std::chrono::milliseconds wait) = 0;

    /// The work is done; call it after the work and never before.
    virtual void acknowledge(const message& done) = 0;

    /// The work failed: the message is delivered again after a while, with `deliveries` one higher,
    /// here or to another instance.
    virtual void retry_later(const message& failed) = 0;

    /// Gives up: puts the message and the reason where a person will find them, then acknowledges.
    virtual void dead_letter(const message& failed, std::string_view reason) = 0;
};

} // namespace cache_producer
