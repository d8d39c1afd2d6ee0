#pragma once

#include "test/simulation/network.hpp"
#include "test/simulation/ring.hpp"
#include "test/simulation/txn.hpp"
#include "test/simulation/wire.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace paddock::simulation {

class client_link;

/// The server's end of its clients' connections.
class client_listener {
public:
    virtual ~client_listener() = default;
    virtual void on_accept(client_link& from) = 0;
    virtual void on_hello(client_link& from) = 0;
    virtual void on_request(client_link& from, request&& wanted) = 0;
    virtual void on_client_gone(client_link& from) = 0;
};

/// The connection of one client to one server, with what the server knows of it.
class client_link {
public:
    client_link(std::uint64_t number, client_end& end, connect_request asks)
        : id(number), hello(std::move(asks)), end_(end)
    {
    }

    void open(network& net, host& client, host& server, client_listener& listener);
    using to_client = std::variant<connect_answer, answer, watch_event>;
    void send(request&& wanted);  ///< the client
    void send(to_client&& reply); ///< the server
    void close();                 ///< the server
    const std::shared_ptr<connection>& wire() const noexcept { return wire_; }
    /// The server has let it go, the client too, and nothing is on its way.
    bool over() const noexcept { return !accepted && wire_.use_count() == 1; }

    const std::uint64_t id;
    const connect_request hello;
    bool accepted{false};
    bool established{false};
    bool refused{false}; ///< its credentials are wrong
    std::int64_t session{0};
    std::chrono::milliseconds timeout{0};
    identity who{0};
    std::uint64_t touched_in_round{0};
    std::vector<std::uint64_t> watched; ///< as `server_watches` numbers them

private:
    void deliver_to_server();
    void deliver_to_client();

    client_end& end_;
    client_listener* listener_{nullptr};
    std::shared_ptr<connection> wire_;
    bool greeted_{false};
    // Here and not in the events, so that an event is one word and costs no memory.
    ring<request> requests_;
    ring<to_client> replies_;
};

} // namespace paddock::simulation
