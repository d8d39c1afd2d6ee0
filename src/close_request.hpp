#pragma once

// The end of a session as bytes on the wire.
//
// The C client's own close waits for the server, on our I/O thread, up to 1.5 s; and reports
// success whatever came of it. So the request is written beside it, 12 bytes, and the answer
// awaited like any other event. The C client then finds the connection closed and has nothing to
// wait for.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace paddock::detail {

/// Length 8, a request number of our own, operation -11 (closeSession), all big-endian.
/// Source: zookeeper.jute, RequestHeader; ZooDefs.OpCode.
std::array<unsigned char, 12> close_request();

/// Recognizes the answer to `close_request` in what the server sends until it hangs up.
///
/// The C client may have taken in the beginning of a packet already, so the stream cannot be taken
/// apart; but after the answer nothing follows, so it is the last 20 bytes.
class close_answer {
public:
    void feed(std::span<const unsigned char> bytes);
    /// Whether what came last is the answer that the session is closed.
    bool complete() const;

private:
    static constexpr std::size_t frame_bytes = 20; // length, request number, zxid, error
    std::array<unsigned char, frame_bytes> last_{};
};

} // namespace paddock::detail
