#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr std::chrono::milliseconds session_timeout{10'000};

/// Where the locks are: as many keys as a run has rounds, each used once.
struct place {
    std::string server;
    std::string root;
    std::vector<std::string> keys;

    std::string parent(const std::string& key) const { return root + "/" + key; }
};

/// What locking and unlocking took: the time of each round that counts, and requests in all.
struct outcome {
    std::vector<std::chrono::nanoseconds> rounds;
    std::uint64_t requests{0}; ///< those of rounds that warm up among them
};

using keys_view = std::span<const std::string>;

/// A way to lock and unlock each of some keys once, on a new session. While it runs nothing else
/// may use the C client.
struct variant {
    std::string_view name;
    std::string_view description;
    outcome (*run)(const place& where, keys_view keys);
};

outcome run_raw(const place& where, keys_view keys);
outcome run_released_confirmed(const place& where, keys_view keys);
outcome run_coroutine(const place& where, keys_view keys);
outcome run_released_by_scope(const place& where, keys_view keys);

/// The first is what the others are compared with.
inline constexpr std::array<variant, 4> variants{{
    {"raw", "raw C client, poll(2), one thread", &run_raw},
    {"confirmed", "Paddock, blocking, release awaited", &run_released_confirmed},
    {"coroutine", "Paddock, coroutine, release awaited", &run_coroutine},
    {"scope", "Paddock, blocking, release not awaited", &run_released_by_scope},
}};

} // namespace bench
