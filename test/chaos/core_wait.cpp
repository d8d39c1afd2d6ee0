#include "test/chaos/core_wait.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace paddock::test {

namespace {

std::chrono::nanoseconds wait_of(const std::filesystem::path& thread)
{
    std::ifstream file(thread / "schedstat");
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    return file >> ran >> waited ? std::chrono::nanoseconds(waited) : std::chrono::nanoseconds(0);
}

/// Found by its name; empty until the first session has started it.
std::filesystem::path find_io_thread()
{
    std::error_code ec;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", ec)) {
        std::string name;
        std::ifstream(thread.path() / "comm") >> name;
        if (name == "paddock")
            return thread.path();
    }
    return {};
}

} // namespace

std::chrono::nanoseconds core_wait()
{
    static const auto io_thread = find_io_thread();
    return wait_of(io_thread) + wait_of("/proc/thread-self");
}

} // namespace paddock::test
