#include "demo/progress.hpp"

#include "stoppable_wait.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <unistd.h>
#include <utility>

namespace cache_producer {

namespace {

constexpr std::chrono::milliseconds sample_interval{500};
constexpr double samples_per_second = 2;
constexpr std::size_t bar_width = 24;
constexpr std::size_t line_sparks = 16;
constexpr std::size_t picture_width = 72;
/// Without a terminal there is no moving line, but a line now and then, so that a log stays short.
constexpr std::size_t samples_per_log_line = 10;

std::string bar(std::size_t done, std::size_t all)
{
    const auto filled = all == 0 ? bar_width : std::min(bar_width, bar_width * done / all);
    std::string text;
    for (std::size_t i = 0; i < bar_width; ++i)
        text += i < filled ? "█" : "░";
    return text;
}

/// How many samples share one column of the picture.
std::size_t samples_per_column(std::size_t samples, std::size_t width)
{
    return std::max<std::size_t>(1, (samples + width - 1) / width);
}

} // namespace

std::string sparkline(const std::vector<double>& values, std::size_t width)
{
    constexpr std::array bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const auto group = samples_per_column(values.size(), width);
    std::vector<double> columns;
    for (std::size_t i = 0; i < values.size(); i += group) {
        const auto end = std::min(i + group, values.size());
        double sum = 0;
        for (std::size_t j = i; j < end; ++j)
            sum += values[j];
        columns.push_back(sum / static_cast<double>(end - i));
    }
    const double top = columns.empty() ? 0 : *std::max_element(columns.begin(), columns.end());
    std::string text;
    for (const double value : columns) {
        const double share = top > 0 ? value / top : 0;
        text += bars[static_cast<std::size_t>(share * (bars.size() - 1) + 0.5)];
    }
    return text;
}

progress::progress(const traffic_control& control, std::size_t changes, redis_address redis)
    : control_(control), changes_(changes), terminal_(::isatty(STDERR_FILENO) == 1),
      redis_(std::move(redis)), watcher_([this](const std::stop_token& stop) { watch(stop); })
{
}

void progress::note(std::string_view text)
{
    const std::lock_guard lock(mutex_);
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin_;
    std::array<char, 16> time{};
    std::snprintf(time.data(), time.size(), "%6.1f s  ", since.count());
    std::cerr << (terminal_ ? "\r\033[K" : "") << time.data() << text << std::endl;
}

void progress::mark(char letter)
{
    const std::lock_guard lock(mutex_);
    marks_.emplace_back(handled_per_second_.size(), letter);
}

void progress::finish()
{
    watcher_.request_stop();
    if (watcher_.joinable())
        watcher_.join();
    if (terminal_)
        std::cerr << "\r\033[K" << std::flush;
}

std::string progress::picture() const
{
    const std::lock_guard lock(mutex_);
    const auto group = samples_per_column(handled_per_second_.size(), picture_width);
    std::string below(picture_width + 1, ' ');
    for (const auto& [sample, letter] : marks_)
        below[std::min(sample / group, picture_width)] = letter;
    below.erase(below.find_last_not_of(' ') + 1);
    return sparkline(handled_per_second_, picture_width) + "\n" + below;
}

double progress::peak_per_second() const
{
    const std::lock_guard lock(mutex_);
    return handled_per_second_.empty()
               ? 0
               : *std::max_element(handled_per_second_.begin(), handled_per_second_.end());
}

void progress::watch(const std::stop_token& stop)
{
    while (wait_or_stop(stop, sample_interval)) {
        const std::lock_guard lock(mutex_);
        try {
            sample();
        } catch (const redis_error&) {
            continue; // the run itself will say so
        }
        draw();
    }
}

void progress::sample()
{
    backlog_ = backlog_of(redis_);
    const auto handled = std::max(handled_, backlog_.delivered - backlog_.pending);
    handled_per_second_.push_back(static_cast<double>(handled - handled_) * samples_per_second);
    handled_ = handled;
}

void progress::draw()
{
    if (!terminal_ && handled_per_second_.size() % samples_per_log_line != 0)
        return;
    const std::size_t published = control_.published;
    const auto recent = std::min(line_sparks, handled_per_second_.size());
    const std::vector<double> last(handled_per_second_.end() - static_cast<std::ptrdiff_t>(recent),
                                   handled_per_second_.end());
    std::array<char, 96> counts{};
    std::snprintf(counts.data(),
                  counts.size(),
                  " %zu/%zu changes, %zu handled, %5.0f/s, pending %zu ",
                  published,
                  changes_,
                  handled_,
                  handled_per_second_.back(),
                  backlog_.pending);
    std::cerr << (terminal_ ? "\r\033[K" : "") << bar(published, changes_) << counts.data()
              << (terminal_ ? sparkline(last, line_sparks) : "\n") << std::flush;
}

} // namespace cache_producer
