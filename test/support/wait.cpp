#include "test/support/wait.hpp"

#include <poll.h>

namespace paddock::test {

namespace {

// Short beside a round trip to a server (about 0.1 ms to 10 ms), long enough to leave the two cores
// of a small machine to the servers under test.
constexpr int poll_interval_ms = 5;

} // namespace

void wait_until(const std::function<bool()>& predicate,
                std::chrono::milliseconds limit,
                source_line where)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!predicate()) {
        // The deadline is read after the predicate failed: a predicate that took longer than the
        // limit but came true still counts.
        if (std::chrono::steady_clock::now() >= deadline)
            throw timed_out(where.text() + ": condition not met within " +
                            std::to_string(limit.count()) + " ms");
        ::poll(nullptr, 0, poll_interval_ms);
    }
}

std::string source_line::text() const
{
    return std::string(file) + ":" + std::to_string(line);
}

} // namespace paddock::test
