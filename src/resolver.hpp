#pragma once

#include "src/runtime.hpp"

#include <boost/asio/io_context.hpp>

#include <vector>

namespace paddock::detail {

/// Looks host names up, on Asio's own thread for that.
///
/// `handler` runs on the I/O thread, never inside this call, with all addresses of all names, each
/// once; names that have none are left out. A name server that does not answer is waited for, but
/// no longer than 5 s if other names have an address.
void resolve_hosts(boost::asio::io_context& io,
                   std::vector<endpoint> hosts,
                   runtime::resolved handler);

} // namespace paddock::detail
