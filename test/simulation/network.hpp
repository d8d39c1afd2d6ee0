#pragma once

#include "test/simulation/world.hpp"

#include <array>
#include <memory>
#include <vector>

namespace paddock::simulation {

class network;

enum class side { opener, accepter };

inline side other(side end) noexcept
{
    return end == side::opener ? side::accepter : side::opener;
}

/// A TCP connection: two ways, each in order and without loss as long as both ends stand.
///
/// On a way that is closed, bytes wait, and arrive when it opens again. An end that closes tells
/// the other behind what it has sent, if the way is open; else the other learns nothing.
class connection : public std::enable_shared_from_this<connection> {
public:
    connection(network& net, host& opener, host& accepter);

    /// Has `work` happen at the other end's host, unless that end is closed by then.
    void send(side from, task work);

    /// Closes this end now. `on_closed` of the other runs when it hears of it; not ours.
    void close(side by);

    bool is_open(side end) const noexcept { return ends_[index(end)].open; }
    host& at(side end) noexcept { return *ends_[index(end)].where; }

    /// What to do when the other end is found closed; runs once, at this end's host.
    void on_closed(side end, task work) { ends_[index(end)].closed = std::move(work); }

private:
    friend class network;
    struct half {
        host* where;
        task closed;
        bool open{true};
        time_point last_arrival{};  // of what goes from here: nothing overtakes
        std::deque<task> stalled{}; // arrived at a way that is closed
        bool listed{false};         // the network knows that something is stalled
    };
    static std::size_t index(side end) noexcept { return end == side::opener ? 0 : 1; }

    void travel(side from, task work);
    void arrive(side from, task work);
    void hear_of_close(side end);

    network& net_;
    std::array<half, 2> ends_;
};

/// Who reaches whom, and how slowly. Hosts are told apart by identity.
class network {
public:
    explicit network(world& where) : world_(where) {}

    struct delays {
        nanoseconds least{100us};
        nanoseconds most{300us};
    };
    delays usual;

    /// Opens a connection: `accept` runs at the other host. If nobody lives there the opener's
    /// `on_closed` runs.
    std::shared_ptr<connection>
    connect(host& from, host& to, std::function<void(const std::shared_ptr<connection>&)> accept);

    /// The one way from `from` to `to`; blocked as often as it was blocked and not opened.
    void block(const host& from, const host& to);
    void unblock(const host& from, const host& to);
    bool blocked(const host& from, const host& to) const;
    /// Every message on the way takes so much longer.
    void slow_down(const host& from, const host& to, nanoseconds extra);

    /// Both ways between two hosts.
    void cut(const host& a, const host& b)
    {
        block(a, b);
        block(b, a);
    }
    void mend(const host& a, const host& b)
    {
        unblock(a, b);
        unblock(b, a);
    }

    /// Closes all connections of a host, as the kernel does for a process that ends.
    void hang_up(const host& whose);

    /// Breaks all connections of a host up; both ends hear of it now.
    void reset(const host& whose);

    /// Opens all ways and takes all extra delays off. What is under way stays slow until
    /// `latest_arrival()`.
    void heal();
    time_point latest_arrival() const noexcept { return latest_arrival_; }

    world& where() noexcept { return world_; }

private:
    friend class connection;
    struct passage {
        const host* from;
        const host* to;
        int blocks{0};
        nanoseconds extra{0};
    };

    passage& find(const host& from, const host& to);
    const passage* look_up(const host& from, const host& to) const;
    nanoseconds delay(const host& from, const host& to);
    void remember_stalled(const std::shared_ptr<connection>& link) { stalled_.push_back(link); }
    void knock(const std::shared_ptr<connection>& made,
               const std::function<void(const std::shared_ptr<connection>&)>& accept,
               nanoseconds patience);
    void release_stalled();
    std::vector<std::shared_ptr<connection>> connections_of(const host& whose) const;

    world& world_;
    time_point latest_arrival_{};
    std::vector<passage> ways_; // those that are not as usual, and those that were
    std::vector<std::shared_ptr<connection>> stalled_;
    std::vector<std::weak_ptr<connection>> connections_;
};

} // namespace paddock::simulation
