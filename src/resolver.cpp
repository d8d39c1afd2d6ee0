#include "src/resolver.hpp"

#include "src/hosts.hpp"
#include "src/log.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace paddock::detail {
namespace asio = boost::asio;
namespace {

// As long as glibc waits for the first of its name servers.
constexpr std::chrono::seconds partial_after{5};

class lookup : public std::enable_shared_from_this<lookup> {
public:
    lookup(asio::io_context& io, runtime::resolved handler)
        : resolver_(io), limit_(io), handler_(std::move(handler))
    {
    }

    void start(const std::vector<endpoint>& hosts)
    {
        left_ = hosts.size();
        for (const endpoint& host : hosts)
            resolver_.async_resolve(host.address,
                                    std::to_string(host.port),
                                    asio::ip::tcp::resolver::numeric_service,
                                    [self = shared_from_this(), name = host.address](
                                        const boost::system::error_code& ec,
                                        const asio::ip::tcp::resolver::results_type& results) {
                                        self->found(name, ec, results);
                                    });
        limit_.expires_after(partial_after);
        limit_.async_wait([weak = weak_from_this()](const boost::system::error_code& ec) {
            const auto self = weak.lock();
            if (self && !ec && !self->addresses_.empty())
                self->finish();
        });
    }

    void add(endpoint address)
    {
        if (std::find(addresses_.begin(), addresses_.end(), address) == addresses_.end())
            addresses_.push_back(std::move(address));
    }

    void finish()
    {
        if (!handler_)
            return;
        limit_.cancel();
        resolver_.cancel();
        const auto handler = std::exchange(handler_, nullptr);
        handler(std::move(addresses_));
    }

private:
    void found(const std::string& name,
               const boost::system::error_code& ec,
               const asio::ip::tcp::resolver::results_type& results)
    {
        --left_;
        if (!handler_)
            return; // it was too late
        if (ec)
            log_warn("the host " + name + " has no address: " + ec.message());
        for (const auto& result : results)
            add({result.endpoint().address().to_string(), result.endpoint().port()});
        if (left_ == 0)
            finish();
    }

    asio::ip::tcp::resolver resolver_;
    asio::steady_timer limit_;
    runtime::resolved handler_;
    std::vector<endpoint> addresses_;
    std::size_t left_{0};
};

} // namespace

void resolve_hosts(asio::io_context& io, std::vector<endpoint> hosts, runtime::resolved handler)
{
    const auto op = std::make_shared<lookup>(io, std::move(handler));
    const auto names = std::stable_partition(
        hosts.begin(), hosts.end(), [](const endpoint& host) { return is_numeric(host.address); });
    std::for_each(hosts.begin(), names, [&op](const endpoint& host) { op->add(host); });
    hosts.erase(hosts.begin(), names);
    if (hosts.empty())
        asio::post(io, [op] { op->finish(); });
    else
        op->start(hosts);
}

} // namespace paddock::detail
