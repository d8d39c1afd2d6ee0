#include "test/chaos/resource_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace paddock::test {

namespace asio = boost::asio;

resource_client::resource_client(const asio::any_io_executor& executor, const std::string& socket)
    : socket_(executor)
{
    socket_.connect(asio::local::stream_protocol::endpoint(socket));
}

asio::awaitable<resource_reply> resource_client::async_ask(resource_request asked)
{
    resource_reply reply;
    co_await asio::async_write(socket_, asio::buffer(&asked, sizeof asked), asio::use_awaitable);
    co_await asio::async_read(socket_, asio::buffer(&reply, sizeof reply), asio::use_awaitable);
    co_return reply;
}

resource_reply resource_client::ask(const resource_request& asked)
{
    resource_reply reply;
    asio::write(socket_, asio::buffer(&asked, sizeof asked));
    asio::read(socket_, asio::buffer(&reply, sizeof reply));
    return reply;
}

} // namespace paddock::test
