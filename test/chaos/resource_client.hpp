#pragma once

/// A client's line to the guarded resource.

#include "test/chaos/resource_protocol.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <string>

namespace paddock::test {

/// One connection, for one worker.
///
/// Errors: `boost::system::system_error` when the resource is gone, which ends the run.
/// Threads: one at a time.
class resource_client {
public:
    /// Connects.
    resource_client(const boost::asio::any_io_executor& executor, const std::string& socket);

    boost::asio::awaitable<resource_reply> async_ask(resource_request asked);
    resource_reply ask(const resource_request& asked);

private:
    boost::asio::local::stream_protocol::socket socket_;
};

} // namespace paddock::test
