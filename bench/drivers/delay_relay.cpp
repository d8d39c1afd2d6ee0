/// Passes TCP connections on to a server and delays what passes, either way: `delay_relay HOST:PORT
/// MICROSECONDS`. Prints its own address and ends with its input.

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

/// Both ends of one client's connection.
struct link {
    tcp::socket client;
    tcp::socket server;

    void close()
    {
        error_code ignored; // one side is gone, so the other one is to go
        client.close(ignored);
        server.close(ignored);
    }
};

/// One direction of a link: what is read is written `delay` later. It never stops reading, so that
/// the delay of one packet does not add to the next one's.
class lane : public std::enable_shared_from_this<lane> {
public:
    lane(std::shared_ptr<link> both,
         tcp::socket& from,
         tcp::socket& to,
         std::chrono::microseconds delay)
        : both_(std::move(both)), from_(from), to_(to), delay_(delay), timer_(from.get_executor())
    {
    }

    void read()
    {
        from_.async_read_some(asio::buffer(arriving_),
                              [self = shared_from_this()](error_code ec, std::size_t size) {
                                  self->take(ec ? 0 : size);
                                  if (!ec)
                                      self->read();
                              });
    }

private:
    struct packet {
        steady_clock::time_point due;
        std::string bytes; ///< none: the end, which must not overtake the last words
    };

    void take(std::size_t size)
    {
        const bool idle = waiting_.empty();
        waiting_.push_back({steady_clock::now() + delay_, {arriving_.data(), size}});
        if (idle)
            wait();
    }

    void wait()
    {
        timer_.expires_at(waiting_.front().due);
        timer_.async_wait([self = shared_from_this()](error_code) { self->write(); });
    }

    void write()
    {
        if (waiting_.front().bytes.empty())
            return both_->close();
        asio::async_write(to_,
                          asio::buffer(waiting_.front().bytes),
                          [self = shared_from_this()](error_code ec, std::size_t) {
                              if (ec)
                                  return self->both_->close();
                              self->waiting_.pop_front();
                              if (!self->waiting_.empty())
                                  self->wait();
                          });
    }

    std::shared_ptr<link> both_;
    tcp::socket& from_;
    tcp::socket& to_;
    std::chrono::microseconds delay_;
    asio::steady_timer timer_;
    std::array<char, 65536> arriving_{};
    std::deque<packet> waiting_;
};

class relay {
public:
    relay(asio::io_context& io, tcp::endpoint server, std::chrono::microseconds delay)
        : acceptor_(io, {asio::ip::address_v4::loopback(), 0}), server_(std::move(server)),
          delay_(delay)
    {
        accept();
    }

    tcp::endpoint address() const { return acceptor_.local_endpoint(); }

private:
    void accept()
    {
        acceptor_.async_accept([this](error_code ec, tcp::socket client) {
            if (!ec)
                connect(std::move(client));
            accept();
        });
    }

    void connect(tcp::socket client)
    {
        auto both =
            std::make_shared<link>(link{std::move(client), tcp::socket(acceptor_.get_executor())});
        error_code ec;
        both->server.connect(server_, ec); // on this machine: it does not keep the others waiting
        if (ec)
            return;
        both->client.set_option(tcp::no_delay(true));
        both->server.set_option(tcp::no_delay(true));
        std::make_shared<lane>(both, both->client, both->server, delay_)->read();
        std::make_shared<lane>(both, both->server, both->client, delay_)->read();
    }

    tcp::acceptor acceptor_;
    tcp::endpoint server_;
    std::chrono::microseconds delay_;
};

tcp::endpoint endpoint_of(const std::string& text)
{
    const auto colon = text.rfind(':');
    const auto port = std::stoul(text.substr(colon + 1));
    return {asio::ip::make_address(text.substr(0, colon)), static_cast<unsigned short>(port)};
}

void run(const std::string& server, const std::string& delay)
{
    asio::io_context io(1);
    const relay all(io, endpoint_of(server), std::chrono::microseconds(std::stol(delay)));
    asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
    input.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code) { io.stop(); });
    std::cout << all.address() << std::endl;
    io.run();
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: delay_relay HOST:PORT MICROSECONDS\n";
        return 2;
    }
    try {
        run(argv[1], argv[2]);
    } catch (const std::exception& failure) {
        std::cerr << "delay_relay: " << failure.what() << '\n';
        return 1;
    }
    return 0;
}
