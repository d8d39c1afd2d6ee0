// One instance of the cache producer: takes change events from the queue until it is told to stop
// with SIGTERM, and answers reads, both with several workers.

#include "producer.hpp"
#include "redis_stream_source.hpp"
#include "stoppable_wait.hpp"
#ifdef CACHE_PRODUCER_KAFKA
#include "kafka_source.hpp"
#endif

#include <paddock/session.hpp>

#include <boost/asio/use_future.hpp>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace cache_producer;
using namespace std::chrono_literals;

struct options {
    std::string zookeeper{"127.0.0.1:2181"};
    std::string lock_root{"/locks/product"};
    std::chrono::milliseconds session_timeout{10'000};
    std::string redis{"127.0.0.1:6379"};
    std::string kafka; // empty: the events come from Redis
    std::string store{"products.db"};
    std::string section_log{"sections.log"};
    std::string name{"p1"};
    unsigned workers{8};
    unsigned readers{2};
    bool no_lock{false};
    bool no_fence{false};
    bool pause_points{false};
};

void add_options(CLI::App& app, options& chosen)
{
    app.add_option("--zookeeper", chosen.zookeeper, "connect string of the ensemble");
    app.add_option("--lock-root", chosen.lock_root, "znode under which the locks are");
    app.add_option_function<unsigned>(
        "--session-timeout",
        [&chosen](unsigned ms) { chosen.session_timeout = std::chrono::milliseconds(ms); },
        "ms; its partner on the servers is tickTime, of which it is 2 to 20");
    app.add_option("--redis", chosen.redis, "host:port");
#ifdef CACHE_PRODUCER_KAFKA
    app.add_option("--kafka", chosen.kafka, "read the events from these brokers, not from Redis");
#endif
    app.add_option("--store", chosen.store, "the product store, an SQLite file");
    app.add_option("--section-log", chosen.section_log, "where sections are recorded");
    app.add_option("--name", chosen.name, "of this instance; unique among the living ones");
    app.add_option("--concurrency", chosen.workers, "workers")->check(CLI::Range(1, 256));
    app.add_option("--readers", chosen.readers, "workers for reads")->check(CLI::Range(0, 256));
    app.add_flag("--no-lock", chosen.no_lock, "work without the lock, to see the damage");
    app.add_flag("--no-fence", chosen.no_fence, "write without asking, to see the damage");
    app.add_flag("--pause-points", chosen.pause_points, "let the demo stop this instance inside");
}

std::unique_ptr<message_source> make_source(const options& chosen)
{
#ifdef CACHE_PRODUCER_KAFKA
    if (!chosen.kafka.empty())
        return std::make_unique<kafka_source>(kafka_config{.brokers = chosen.kafka});
#endif
    return std::make_unique<redis_stream_source>(
        redis_stream_config{.redis = redis_address_from(chosen.redis), .consumer = chosen.name});
}

producer_config config_from(const options& chosen)
{
    producer_config config;
    config.name = chosen.name;
    config.redis = redis_address_from(chosen.redis);
    config.store = chosen.store;
    config.section_log = chosen.section_log;
    config.locking = !chosen.no_lock;
    config.fencing = !chosen.no_fence;
    config.pause_points = chosen.pause_points;
    return config;
}

/// Does `once` until a stop is requested; what it throws is a connection's trouble, and passes.
void repeat(const std::stop_token& stop, const std::function<void()>& once)
{
    while (!stop.stop_requested()) {
        try {
            once();
        } catch (const std::exception& error) {
            std::cerr << std::string(error.what()) + "\n";
            wait_or_stop(stop, 500ms);
        }
    }
}

void handle_events(producer_shared& shared, message_source& source, const std::stop_token& stop)
{
    producer worker(shared);
    repeat(stop, [&] {
        if (const auto event = source.receive(200ms))
            worker.handle(*event, source, stop);
    });
}

/// Readers of the service: here the demo puts the ids they ask for into a list.
void answer_reads(producer_shared& shared, const std::stop_token& stop)
{
    producer worker(shared);
    redis_connection requests(shared.config.redis);
    repeat(stop, [&] {
        const auto request = requests.command({"BLPOP", "reads", "0.2"});
        if (!request.nil)
            worker.get(request.items.at(1).text);
    });
}

void wait_for_signal()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    int got = 0;
    sigwait(&signals, &got);
}

/// In front of every thread, so that all of them inherit it and only `wait_for_signal` is woken.
void block_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void print_counts(const producer_shared& shared)
{
    std::cerr << shared.config.name << ": " << shared.sections << " sections";
    for (std::size_t i = 0; i < outcome_names.size(); ++i)
        std::cerr << ", " << shared.outcomes[i] << " " << outcome_names[i];
    std::cerr << std::endl;
}

void run(const options& chosen)
{
    producer_shared shared(config_from(chosen));
    std::optional<paddock::session> session;
    if (shared.config.locking) {
        paddock::session_config config;
        config.hosts = chosen.zookeeper;
        config.session_timeout = chosen.session_timeout;
        config.owner = "cache_producer " + chosen.name;
        session.emplace(config);
        shared.products.emplace(*session, chosen.lock_root);
        if (!session->wait_connected(30s))
            throw std::runtime_error("no ensemble at " + chosen.zookeeper);
    }
    const auto source = make_source(chosen);

    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < chosen.workers; ++i)
            workers.emplace_back(
                [&](const std::stop_token& stop) { handle_events(shared, *source, stop); });
        for (unsigned i = 0; i < chosen.readers; ++i)
            workers.emplace_back([&](const std::stop_token& stop) { answer_reads(shared, stop); });
        redis_connection(shared.config.redis).command({"RPUSH", "ready", chosen.name});

        wait_for_signal();
        for (auto& worker : workers)
            worker.request_stop(); // all, before the first is waited for
    }
    print_counts(shared);
    if (session)
        session->async_close(boost::asio::use_future).get();
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Keeps a product cache up to date: one writer per product, by Paddock's locks."};
    options chosen;
    add_options(app, chosen);
    CLI11_PARSE(app, argc, argv);
    block_signals();
    try {
        run(chosen);
    } catch (const std::exception& error) {
        std::cerr << chosen.name << ": " << error.what() << "\n";
        return 1;
    }
    return 0;
}
