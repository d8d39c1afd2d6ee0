#pragma once

#include "src/zk_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <sys/types.h>
#include <vector>

namespace paddock::detail {

/// Tells when a socket that belongs to somebody else can be read or written.
///
/// The C client closes and opens sockets by itself, often under the same number within one call;
/// watched by number alone the new one would never be heard of. So the socket is known by its
/// number and its inode, and `drop` must be called after any C call that may have closed it, before
/// anything else runs: by then another session may have been given the number, and letting go of it
/// late would silence that one. Test: "a cut connection is replaced and keeps working",
/// integration.
/// Threads: the I/O thread.
class fd_watch {
public:
    struct ready {
        bool read{false};
        bool write{false};
    };
    using handler = std::function<void(ready)>;

    /// `on_ready` may come once more after it was of use, never after `drop`.
    fd_watch(boost::asio::io_context& io, handler on_ready);
    ~fd_watch() { drop(); }

    /// Watches a socket; nothing changes if it is watched already.
    void attach(int fd);
    /// Lets go of the socket; it is never closed here.
    void drop();
    /// Waits for it to be readable, and writable if so wanted.
    void arm(bool write);

    /// Holds back what is written from now on, until `push`, so that it leaves in as few packets as
    /// it fits into: the C client writes each request in two pieces, and each would be a packet and
    /// a turn of the server's by itself.
    void gather();
    /// To be called before any C call that may open another socket, as `drop`.
    void push();

    /// -1: none.
    int fd() const noexcept { return fd_; }

private:
    void wait(bool write);

    boost::asio::posix::stream_descriptor descriptor_;
    handler on_ready_;
    int fd_{-1};
    ino_t inode_{0};
    bool reading_{false};
    bool writing_{false};
    bool gathering_{false};
    std::shared_ptr<void> current_; // gone when dropped: a wait that ends late finds it so
};

/// Whether the socket is connected to one of these servers.
bool connected_to_any(int fd, const std::vector<endpoint>& servers);

} // namespace paddock::detail
