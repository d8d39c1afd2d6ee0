#pragma once

/// What clients and the guarded resource say to each other: fixed records over a Unix socket, both
/// ends of one build. The socket is a file, so no cut of the network reaches it: a client that lost
/// the ensemble can still write, which is what fencing is for.

#include <cstdint>

namespace paddock::test {

enum class resource_call : std::uint32_t {
    read,    ///< gives the counter; older tokens are refused from now on
    write,   ///< replaces the counter
    at_rest, ///< the client has ended all its calls; `value`: what of its own it found left over
    lost,    ///< a hold was lost: for the progress lines
};

struct resource_request {
    resource_call what{resource_call::read};
    std::uint32_t client{0};
    std::uint64_t key{0};
    std::uint64_t attempt{0};
    std::int64_t token{0};
    std::int64_t value{0};
};

struct resource_reply {
    std::int64_t value{0};
    std::uint64_t accepted{0};
};

} // namespace paddock::test
