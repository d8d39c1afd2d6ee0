#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace cache_producer {

/// Waits for `time`, less if `stop` is requested; says whether the whole time has passed.
inline bool wait_or_stop(const std::stop_token& stop, std::chrono::nanoseconds time)
{
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

} // namespace cache_producer
