#pragma once

#include "test/simulation/alarm.hpp"
#include "test/simulation/surroundings.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>

namespace paddock::simulation {

struct vote {
    std::uint32_t epoch{0};
    std::int64_t zxid{0};
    std::size_t leader{0};
    friend auto operator<=>(const vote&, const vote&) = default; ///< the highest wins
};

/// How one server finds its leader.
///
/// It looks at the votes of those it can talk with, both ways, takes the best for its own, and
/// decides when a majority has had the same for a while. Votes travel by this looking instead of by
/// messages: it happens at times of its own at each server, which is what delays would make of it.
/// Source: FastLeaderElection.
class election {
public:
    election(surroundings& around, server& home);

    void start();
    void stop();

private:
    void look();
    void listen();
    void adopt(const vote& better);
    bool join_those_who_have_one();
    std::size_t supporters() const;
    bool hears(const server& other) const;
    vote own() const;

    surroundings& around_;
    server& home_;
    vote vote_;
    std::uint64_t round_{0};
    time_point changed_{};
    bool looking_{false};
    alarm next_;
};

} // namespace paddock::simulation
