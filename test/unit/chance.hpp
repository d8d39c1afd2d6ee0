#pragma once

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/interfaces/catch_interfaces_capture.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace paddock::test {

/// Random numbers that a failing test can be given again.
class chance {
public:
    explicit chance(std::uint32_t seed) : engine_(seed) {}

    std::uint64_t any() { return engine_(); }

    /// From 0 to `limit` - 1. The standard's distributions differ between libraries; this does not.
    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }

    bool one_in(std::uint64_t count) { return below(count) == 0; }

    template <class Value>
    const Value& pick(const std::vector<Value>& values)
    {
        return values[below(values.size())];
    }

private:
    std::mt19937_64 engine_;
};

/// The seed of the run `number` of the test under way. The first run takes Catch2's own seed, so
/// that `--rng-seed` with the seed of any run repeats that run first.
inline std::uint32_t seed_of_run(std::uint32_t number)
{
    return Catch::getSeed() + number;
}

/// The command that repeats a run, for INFO.
inline std::string replay(std::uint32_t seed)
{
    return "replay with: unit --rng-seed " + std::to_string(seed) + " \"" +
           Catch::getResultCapture().getCurrentTestName() + "\"";
}

} // namespace paddock::test
