#pragma once

/// As much of ZooKeeper's wire format as a relay has to know.
///
/// Source: zookeeper.jute and ZooDefs.OpCode of ZooKeeper 3.8.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paddock::test {

/// The type of a request.
enum class opcode : std::int32_t {
    create = 1,
    remove = 2,
    exists = 3,
    get_data = 4,
    set_data = 5,
    get_acl = 6,
    set_acl = 7,
    get_children = 8,
    sync = 9,
    ping = 11,
    get_children2 = 12,
    check = 13,
    multi = 14,
    create2 = 15,
    reconfig = 16,
    check_watches = 17,
    remove_watches = 18,
    create_container = 19,
    set_auth = 100,
    set_watches = 101,
    create_session = -10, ///< The first frame of a connection, which has no header.
    close_session = -11,
};

/// The request number in the reply header of a watch event.
inline constexpr std::int32_t watch_event_xid = -1;

/// The request number of pings and their replies.
inline constexpr std::int32_t ping_xid = -2;

/// A big-endian number at `offset`.
///
/// Errors: `std::out_of_range` when the bytes end before.
std::int32_t int32_at(std::string_view bytes, std::size_t offset);
std::int64_t int64_at(std::string_view bytes, std::size_t offset);

/// Appends big-endian numbers and byte strings, the way requests are written.
void append_int32(std::string& bytes, std::int32_t value);
void append_int64(std::string& bytes, std::int64_t value);
void append_buffer(std::string& bytes, std::string_view content);

/// Cuts a stream into frames.
///
/// A stream that does not start like a frame (a four-letter word) is opaque: its bytes come out as
/// they went in.
class frame_splitter {
public:
    void append(std::string_view bytes) { buffer_ += bytes; }

    /// The next whole frame with its length, or all there is of an opaque stream; else nothing.
    std::optional<std::string> next();

    /// Treats the stream as opaque from now on.
    void make_opaque() noexcept { opaque_ = true; }
    bool opaque() const noexcept { return opaque_; }

private:
    std::string buffer_;
    bool opaque_ = false;
};

} // namespace paddock::test
