#pragma once

#include "demo/traffic.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cache_producer {

/// A row of bars, one for each value, at most `width` of them: neighbours are averaged.
std::string sparkline(const std::vector<double>& values, std::size_t width);

/// Shows on standard error how the run goes, and keeps what is needed to draw it afterwards.
class progress {
public:
    progress(const traffic_control& control, std::size_t changes, redis_address redis);
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    /// Prints a line above the moving one. Threads: any.
    void note(std::string_view text);

    /// Marks this moment in the picture. Threads: any.
    void mark(char letter);

    /// Ends the moving line. What follows is about the whole run.
    void finish();

    /// Events handled per second, over time, with the marks below.
    std::string picture() const;
    double peak_per_second() const;

private:
    void watch(const std::stop_token& stop);
    void sample();
    void draw();

    const traffic_control& control_;
    const std::size_t changes_;
    const bool terminal_;
    const std::chrono::steady_clock::time_point begin_{std::chrono::steady_clock::now()};

    mutable std::mutex mutex_; // guards the next five
    redis_connection redis_;
    std::vector<double> handled_per_second_;
    std::vector<std::pair<std::size_t, char>> marks_;
    std::size_t handled_{0};
    backlog backlog_;

    std::jthread watcher_; // last: it uses the rest
};

} // namespace cache_producer
