#pragma once

#include "test/simulation/ensemble.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace paddock::simulation {

/// A client of another library in a key's queue: joins it with a znode of its own session, stays
/// for a while, and leaves.
///
/// It needs no pings: it stays for less than half its session time-out, or loses its session.
class foreign_client final : public host, private client_end {
public:
    struct order {
        std::size_t server{0};
        std::chrono::milliseconds timeout{0};
        std::string path; ///< up to its number
        nanoseconds stays{0};
        bool leaves_quietly{false}; ///< without deleting its znode
    };

    foreign_client(world& where, ensemble& servers, std::string name, order wanted);
    void start();

private:
    void on_session(const connect_answer& answer) override;
    void on_answer(answer&& answer) override;
    void on_watch_event(const watch_event& event) override;
    void leave();
    void ask(operation wanted);

    ensemble& servers_;
    const order order_;
    std::shared_ptr<connection> link_;
    std::uint64_t last_xid_{0};
    std::string made_;
};

} // namespace paddock::simulation
