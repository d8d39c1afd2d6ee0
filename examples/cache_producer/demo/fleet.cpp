#include "demo/fleet.hpp"

#include <csignal>
#include <stdexcept>
#include <utility>

namespace cache_producer {

namespace {

/// A connection to the ensemble under load, and then some.
constexpr std::chrono::seconds ready_limit{40};
/// A lock wait, a try, and closing the session.
constexpr std::chrono::seconds end_limit{30};

} // namespace

fleet::fleet(fleet_config config) : config_(std::move(config)) {}

void fleet::start(int count, const std::stop_token& stop)
{
    for (int i = 0; i < count; ++i) {
        const auto name = std::string("p").append(std::to_string(++started_));
        members_.emplace(name, child_process(options_of(name)));
    }
    redis_connection redis(config_.redis);
    const auto deadline = std::chrono::steady_clock::now() + ready_limit;
    for (int ready = 0; ready < count && !stop.stop_requested();) {
        if (!redis.command({"BLPOP", "ready", "1"}).nil)
            ++ready;
        else
            require_running(std::chrono::steady_clock::now() < deadline);
    }
}

void fleet::require_running(bool in_time)
{
    for (auto& [name, process] : members_) {
        if (!in_time || !process.running())
            throw std::runtime_error(name + " does not start; see its log in " +
                                     config_.folder.string());
    }
}

void fleet::send(const std::string& name, int signal)
{
    members_.at(name).send(signal);
}

void fleet::forget(const std::string& name)
{
    members_.erase(name);
}

void fleet::stop_all()
{
    for (auto& [name, process] : members_)
        process.send(SIGTERM);
    for (auto& [name, process] : members_) {
        const auto code = process.wait(end_limit);
        if (code != 0)
            throw std::runtime_error(name + (code
                                                 ? " failed with exit code " + std::to_string(*code)
                                                 : std::string(" does not end")));
    }
    members_.clear();
}

child_options fleet::options_of(const std::string& name) const
{
    child_options options;
    options.log = config_.folder / (name + ".log");
    options.argv = {config_.program.string(),
                    "--name",
                    name,
                    "--zookeeper",
                    config_.hosts,
                    "--lock-root",
                    config_.lock_root,
                    "--session-timeout",
                    std::to_string(config_.session_timeout.count()),
                    "--redis",
                    to_string(config_.redis),
                    "--store",
                    (config_.folder / "products.db").string(),
                    "--section-log",
                    (config_.folder / "sections.log").string(),
                    "--concurrency",
                    std::to_string(config_.workers),
                    "--pause-points"};
    if (!config_.locking)
        options.argv.emplace_back("--no-lock");
    if (!config_.fencing)
        options.argv.emplace_back("--no-fence");
    return options;
}

} // namespace cache_producer
