#include "src/log.hpp"

#include <paddock/log.hpp>

#include <memory>
#include <mutex>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <utility>

namespace paddock {
namespace {

// Not registered with spdlog: two copies of Paddock in one process would collide over the name.
std::shared_ptr<spdlog::logger> make_default()
{
    auto logger = std::make_shared<spdlog::logger>(
        "paddock", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_level(spdlog::level::warn);
    return logger;
}

struct logger_slot {
    std::mutex mutex;
    std::shared_ptr<spdlog::logger> logger{make_default()};
};

// Never destroyed: the I/O thread, and static objects of the program that hold locks, log until
// the very end of the process, in an order that nobody controls.
logger_slot& slot()
{
    static auto& only = *new logger_slot;
    return only;
}

spdlog::level::level_enum to_spdlog(detail::log_level level) noexcept
{
    switch (level) {
    case detail::log_level::debug:
        return spdlog::level::debug;
    case detail::log_level::info:
        return spdlog::level::info;
    case detail::log_level::warn:
        return spdlog::level::warn;
    case detail::log_level::error:
        break;
    }
    return spdlog::level::err;
}

} // namespace

void set_logger(std::shared_ptr<spdlog::logger> logger)
{
    if (!logger)
        logger = make_default();
    const std::lock_guard lock(slot().mutex);
    slot().logger.swap(logger); // the parameter outlives the lock: the old one may be slow to go
}

namespace detail {

bool log_enabled(log_level level)
{
    const std::lock_guard lock(slot().mutex);
    return slot().logger->should_log(to_spdlog(level));
}

void log(log_level level, std::string_view message) noexcept
try {
    std::shared_ptr<spdlog::logger> logger;
    {
        const std::lock_guard lock(slot().mutex);
        logger = slot().logger;
    }
    // Written outside the lock: a slow sink must not hold up threads that only ask for the level.
    // As a value, not as a format: messages carry paths, and paths may hold braces.
    logger->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
} catch (...) {
}

} // namespace detail
} // namespace paddock
