#include "test/support/server_process.hpp"

#include "test/support/four_letter.hpp"
#include "test/support/free_port.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace paddock::test {

namespace {

/// Where Debian and Ubuntu put it; its manifest names the jars it needs.
constexpr auto zookeeper_jar = "/usr/share/java/zookeeper.jar";

/// The logging back-end that prints to standard error; without one the server logs nothing.
constexpr auto logging_jar = "/usr/share/java/slf4j-simple.jar";

/// Short: a stopped or starting server is asked again 5 ms later anyway.
constexpr std::chrono::milliseconds probe_limit{500};

void require_installed()
{
    if (!servers_available())
        throw std::runtime_error("no ZooKeeper server here (java, or " +
                                 std::string(zookeeper_jar) + "): run scripts/setup");
}

void add(std::vector<std::string>& argv, std::initializer_list<std::string> words)
{
    argv.insert(argv.end(), words);
}

/// Flags for a short start: no optimising compiler, the plain collector, the JDK's class archive.
/// An archive with ZooKeeper's classes too would save a quarter more (three servers: 1.1 s instead
/// of 1.4 s), but making one takes longer than a whole run of the tests gains.
void add_jvm_flags(std::vector<std::string>& argv, const server_config& config)
{
    add(argv, {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"});
    add(argv, {"-XX:-UsePerfData", "-Xms32m", "-Xmx" + std::to_string(config.heap_mb_max) + "m"});
}

void add_logging(std::vector<std::string>& argv)
{
    const std::string logger = "-Dorg.slf4j.simpleLogger.";
    add(argv, {logger + "defaultLogLevel=info"});
    add(argv, {logger + "showDateTime=true", logger + "dateTimeFormat=HH:mm:ss.SSS"});
    // Each four-letter word would be a line, and a wait sends one every 5 ms.
    add(argv, {logger + "log.org.apache.zookeeper.server.NIOServerCnxn=warn"});
    add(argv, {"-Dzookeeper.jmx.log4j.disable=true"});
}

void add_properties(std::vector<std::string>& argv, const server_config& config)
{
    add(argv, {"-Dzookeeper.preAllocSize=64"}); // KiB; by default 64 MiB of zeros at the start
    // In ms; by default a server cut off for long would ask for a leader once a minute only.
    add(argv, {"-Dzookeeper.fastleader.maxNotificationInterval=1000"});
    if (!config.force_sync)
        add(argv, {"-Dzookeeper.forceSync=no"});
    for (const auto& property : config.java_properties)
        add(argv, {"-D" + property});
}

std::vector<std::string> command_line(const server_config& config, const std::string& config_file)
{
    std::vector<std::string> argv{"java"};
    add_jvm_flags(argv, config);
    add_logging(argv);
    add_properties(argv, config);
    add(argv, {"-cp", std::string(zookeeper_jar) + ":" + logging_jar});
    add(argv, {"org.apache.zookeeper.server.quorum.QuorumPeerMain", config_file});
    return argv;
}

} // namespace

std::string config_text(const server_config& config,
                        const server_place& place,
                        const std::filesystem::path& data_folder)
{
    std::ostringstream out;
    out << "tickTime=" << config.tick.count() << "\ninitLimit=" << config.init_limit_ticks
        << "\nsyncLimit=" << config.sync_limit_ticks << "\ndataDir=" << data_folder.string()
        << "\nclientPort=" << place.client.port << "\nclientPortAddress=" << place.client.host
        << "\nmaxClientCnxns=0\nadmin.enableServer=false\n4lw.commands.whitelist=*\n";
    if (config.session_timeout_min)
        out << "minSessionTimeout=" << config.session_timeout_min->count() << "\n";
    if (config.session_timeout_max)
        out << "maxSessionTimeout=" << config.session_timeout_max->count() << "\n";
    for (const auto& line : place.members)
        out << line << "\n";
    for (const auto& line : config.config_lines)
        out << line << "\n";
    return out.str();
}

server_process::server_process(server_config config)
    : server_process(std::move(config),
                     {.client = {.host = "127.0.0.1", .port = free_port()},
                      .id = 0,
                      .members = {},
                      .network_namespace = {}})
{
}

server_process::server_process(server_config config, server_place place)
    : config_(std::move(config)), place_(std::move(place))
{
    const auto data = folder_.path() / "data";
    std::filesystem::create_directory(data);
    if (place_.id != 0)
        std::ofstream(data / "myid") << place_.id << "\n";
    std::ofstream(folder_.path() / "zoo.cfg") << config_text(config_, place_, data);
}

void server_process::start(source_line where)
{
    launch();
    wait_until_serving(where);
}

void server_process::launch()
{
    require_installed();
    stop();
    process_.emplace(child_options{
        .argv = command_line(config_, (folder_.path() / "zoo.cfg").string()),
        .env = {"LD_PRELOAD="}, // what a test preloads into itself must not reach Java
        .cwd = folder_.path(),
        .log = log_file(),
        .network_namespace = place_.network_namespace,
    });
}

void server_process::wait_until_serving(source_line where)
{
    const auto serves = [this] {
        if (!process_ || !process_->running())
            throw std::runtime_error("the server has ended");
        return server_mode(place_.client, probe_limit).has_value();
    };
    try {
        wait_until(serves, wait_limit, where);
    } catch (const std::exception& error) {
        throw std::runtime_error("ZooKeeper server " + place_.client.text() + ": " + error.what() +
                                 "\nthe end of its log:\n" + log_tail());
    }
}

void server_process::stop() noexcept
{
    process_.reset();
    paused_ = false;
}

void server_process::restart(source_line where)
{
    stop();
    start(where);
}

void server_process::pause(source_line where)
{
    if (!process_)
        throw std::logic_error("pause: the server is not running");
    process_->pause(where);
    paused_ = true;
}

void server_process::resume()
{
    if (process_)
        process_->resume();
    paused_ = false;
}

bool server_process::running() noexcept
{
    return !paused_ && process_ && process_->running();
}

pid_t server_process::pid() const noexcept
{
    return process_ ? process_->pid() : -1;
}

std::string server_process::log_tail() const
{
    return tail_of(log_file());
}

std::filesystem::path server_process::log_file() const
{
    return folder_.path() / "server.log";
}

bool servers_available()
{
    return find_program("java") && std::filesystem::exists(zookeeper_jar);
}

server_process& shared_server()
{
    static server_process server = [] {
        server_process made;
        made.start();
        return made;
    }();
    return server;
}

} // namespace paddock::test
