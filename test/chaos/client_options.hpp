#pragma once

/// How the driver tells a client process what to do.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace paddock::test {

struct client_options {
    std::string hosts;
    std::string resource; ///< the socket of the guarded resource
    std::string history;  ///< the file for this process's events
    std::uint32_t id = 0; ///< in the history; never used twice in a run
    std::uint64_t seed = 0;
    std::chrono::milliseconds session_timeout{3'000};
    std::size_t sessions = 2;
    std::size_t workers = 24; ///< coroutines, shared out among the sessions
    std::size_t threads = 2;  ///< blocking ones, beside the workers
    std::size_t keys = 200;   ///< the hot one included
    bool credulous = false;   ///< a planted bug: never asks `held()`
};

/// The words of a command line, one `name=value` for each member.
std::vector<std::string> to_words(const client_options& options);

/// Errors: `std::invalid_argument` naming the word.
client_options from_words(const std::vector<std::string>& words);

} // namespace paddock::test
