#include "src/fd_watch.hpp"

#include "src/log.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <utility>

namespace paddock::detail {
namespace asio = boost::asio;
namespace {

ino_t inode_of(int fd)
{
    struct stat about {};
    return ::fstat(fd, &about) == 0 ? about.st_ino : 0;
}

// Where it fails, which it does for sockets that are none of TCP's, nothing is held back.
void set_cork(int fd, bool closed)
{
    const int value = closed ? 1 : 0;
    ::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

} // namespace

fd_watch::fd_watch(asio::io_context& io, handler on_ready)
    : descriptor_(io), on_ready_(std::move(on_ready))
{
}

void fd_watch::attach(int fd)
{
    const ino_t inode = inode_of(fd);
    if (fd == fd_ && inode == inode_)
        return;
    drop();
    // The C client opens its sockets without it, and a program that we know nothing of would keep
    // the session's connection open.
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    boost::system::error_code ec;
    descriptor_.assign(fd, ec);
    if (ec) {
        log_error("a connection cannot be watched: " + ec.message());
        return; // the deadline of the attempt ends it
    }
    fd_ = fd;
    inode_ = inode;
    current_ = std::make_shared<int>(0);
}

void fd_watch::drop()
{
    if (fd_ < 0)
        return;
    current_.reset();
    descriptor_.release(); // never close: the C client does that, or has
    fd_ = -1;
    reading_ = writing_ = gathering_ = false;
}

void fd_watch::arm(bool write)
{
    if (fd_ < 0)
        return;
    if (!reading_)
        wait(false);
    if (write && !writing_)
        wait(true);
}

void fd_watch::gather()
{
    if (fd_ >= 0 && !std::exchange(gathering_, true))
        set_cork(fd_, true);
}

void fd_watch::push()
{
    if (std::exchange(gathering_, false))
        set_cork(fd_, false);
}

void fd_watch::wait(bool write)
{
    using descriptor = asio::posix::stream_descriptor;
    (write ? writing_ : reading_) = true;
    const auto finished =
        [this, write, alive = std::weak_ptr<void>(current_)](const boost::system::error_code&) {
            if (alive.expired())
                return; // dropped, and perhaps `this` is gone
            (write ? writing_ : reading_) = false;
            on_ready_({.read = !write, .write = write}); // an error is a reason to look, too
        };
    descriptor_.async_wait(write ? descriptor::wait_write : descriptor::wait_read, finished);
}

bool connected_to_any(int fd, const std::vector<endpoint>& servers)
{
    asio::ip::tcp::endpoint peer;
    socklen_t size = static_cast<socklen_t>(peer.capacity());
    if (::getpeername(fd, peer.data(), &size) != 0)
        return false;
    peer.resize(size);
    return std::any_of(servers.begin(), servers.end(), [&peer](const endpoint& server) {
        // As addresses, not as text: IPv6 has many spellings.
        boost::system::error_code ec;
        const auto address = asio::ip::make_address(server.address, ec);
        return !ec && peer == asio::ip::tcp::endpoint(address, server.port);
    });
}

} // namespace paddock::detail
