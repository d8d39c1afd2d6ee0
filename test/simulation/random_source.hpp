#pragma once

#include <chrono>
#include <cstdint>

namespace paddock::simulation {

/// All chance of a simulated world, from one seed, the same on every compiler: the distributions of
/// the standard library differ.
/// Source: xoshiro256** and splitmix64, Blackman and Vigna.
class random_source {
public:
    explicit random_source(std::uint64_t seed);

    std::uint64_t next();
    /// 0 to `bound` - 1; 0 for a bound of 0.
    std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    /// 0 to below 1.
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    std::chrono::nanoseconds between(std::chrono::nanoseconds least, std::chrono::nanoseconds most)
    {
        const auto range = static_cast<std::uint64_t>((most - least).count()) + 1;
        return least + std::chrono::nanoseconds(static_cast<std::int64_t>(below(range)));
    }
    /// Of either sign, `most` included.
    std::int64_t up_to(std::int64_t most)
    {
        return static_cast<std::int64_t>(below(static_cast<std::uint64_t>(2 * most + 1))) - most;
    }

    /// Another source, so that what one part draws does not shift what the others get.
    random_source split() { return random_source(next()); }

private:
    std::uint64_t state_[4];
};

} // namespace paddock::simulation
