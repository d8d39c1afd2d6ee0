#pragma once

/// Ports for servers that tests start.

#include <cstdint>

namespace paddock::test {

/// A loopback port nobody listens on, claimed by this process until it ends.
///
/// Never returns a port twice in a process, nor one that another running test process has claimed,
/// so a server can be killed and started again on its port. It lies below the range from which the
/// kernel takes the ports of outgoing connections, since one of those could otherwise sit on the
/// port while its server is down.
/// Errors: `std::runtime_error` when no port is left.
/// Threads: any.
std::uint16_t free_port();

} // namespace paddock::test
