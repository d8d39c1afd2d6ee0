#include "demo/run.hpp"

#include "demo/collect.hpp"
#include "demo/ensemble.hpp"
#include "demo/faults.hpp"
#include "demo/fleet.hpp"
#include "demo/progress.hpp"
#include "demo/redis_server.hpp"
#include "section_log.hpp"
#include "stoppable_wait.hpp"
#include <paddock/keyed_mutex.hpp>
#include <paddock/log.hpp>
#include <paddock/session.hpp>

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <stdexcept>
#include <thread>
#include <utility>

namespace cache_producer {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr int instances = 3;
constexpr auto lock_root = "/paddock-demo/product";
/// Short, so that the faults do not take long; a service would choose ten seconds or more.
constexpr std::chrono::milliseconds session_timeout = 4s;
/// The servers' share in it: a session time-out is at least two ticks.
constexpr std::chrono::milliseconds tick = 1s;
/// For the last messages: claims, and all deliveries of those that cannot be processed.
constexpr std::chrono::seconds drain_limit = 90s;

double seconds_since(clock::time_point begin)
{
    return std::chrono::duration<double>(clock::now() - begin).count();
}

/// The demo's own session, to measure when a dead instance's lock is free. Not made without locks.
class own_locks {
public:
    own_locks(bool locking, const std::string& hosts)
    {
        if (!locking)
            return;
        paddock::session_config config;
        config.hosts = hosts;
        config.session_timeout = session_timeout;
        config.owner = "cache_producer demo";
        session_.emplace(config);
        products_.emplace(*session_, lock_root);
    }

    paddock::keyed_mutex* products() { return products_ ? &*products_ : nullptr; }

    void close()
    {
        if (session_)
            session_->async_close(boost::asio::use_future).get();
    }

private:
    std::optional<paddock::session> session_;
    std::optional<paddock::keyed_mutex> products_;
};

/// The thread that makes the planned traffic.
class publisher {
public:
    publisher(traffic& plan, traffic_control& control)
        : thread_([this, &plan, &control](const std::stop_token& end) {
              try {
                  plan.run(control, end);
              } catch (...) {
                  failure_ = std::current_exception();
              }
              ended_ = true;
          })
    {
    }

    /// Waits until all is published. Errors: what stopped it.
    void finish(const std::stop_token& stop)
    {
        while (!ended_) {
            if (!wait_or_stop(stop, 20ms))
                throw interrupted();
        }
        thread_.join();
        if (failure_)
            std::rethrow_exception(failure_);
    }

private:
    std::exception_ptr failure_;
    std::atomic<bool> ended_{false};
    std::jthread thread_; // last: it uses the rest
};

/// One run. What it starts is a member, so that the end of the object is the end of all of it.
class demo_run {
public:
    demo_run(const run_config& config, std::stop_token stop)
        : config_(config), stop_(std::move(stop)), redis_(config.folder / "redis"),
          servers_(config.ensemble_script, config.folder / "ensemble", tick),
          places_{redis_.address(),
                  config.folder / "products.db",
                  config.folder / "sections.log",
                  lock_root},
          traffic_(config.plan, redis_.address(), places_.store), log_(places_.section_log),
          locks_(config.locking, servers_.hosts()), producers_({config.producer,
                                                                config.folder,
                                                                servers_.hosts(),
                                                                lock_root,
                                                                session_timeout,
                                                                redis_.address(),
                                                                config.locking,
                                                                config.fencing,
                                                                config.workers})
    {
        summary_.locking = config.locking;
        summary_.fencing = config.fencing;
        summary_.plan = config.plan;
        summary_.instances = instances;
    }

    run_summary run()
    {
        traffic_.create_products();
        producers_.start(instances, stop_);
        make_traffic();
        producers_.stop_all();
        locks_.close();
        check();
        summary_.seconds = seconds_since(begin_);
        return std::move(summary_);
    }

private:
    void make_traffic()
    {
        const auto begin = clock::now();
        traffic_control control;
        progress shown(control, config_.plan.changes, redis_.address());
        {
            publisher planned(traffic_, control);
            summary_.faults = faults({servers_,
                                      producers_,
                                      control,
                                      shown,
                                      log_,
                                      config_.plan,
                                      redis_.address(),
                                      places_.store,
                                      session_timeout,
                                      locks_.products()},
                                     stop_)
                                  .run();
            planned.finish(stop_);
        }
        drain();
        summary_.traffic_seconds = seconds_since(begin);
        shown.finish();
        summary_.picture = shown.picture();
        summary_.peak_per_second = shown.peak_per_second();
    }

    /// Waits until every message is acknowledged and every product is in the cache, asking for
    /// those that were evicted last. Gives up after a while: then the audit has something to say.
    void drain()
    {
        redis_connection redis(redis_.address());
        const auto deadline = clock::now() + drain_limit;
        while (clock::now() < deadline) {
            const auto open = backlog_of(redis);
            if (open.undelivered == 0 && open.pending == 0 && traffic_.read_missing() == 0)
                return;
            if (!wait_or_stop(stop_, 200ms))
                throw interrupted();
        }
    }

    void check()
    {
        auto found = collect(places_, servers_, session_timeout + 2 * tick);
        found.locking = config_.locking;
        found.fencing = config_.fencing;
        found.dead_letters_expected = traffic_.counts().unprocessable;
        found.freed_after = summary_.faults.freed_after;
        found.freed_after_min = session_timeout / 2;
        // The server rounds up to a tick; then our turn comes, on a machine that is busy.
        found.freed_after_max = session_timeout + 2 * tick + 2s;

        summary_.traffic = traffic_.counts();
        summary_.traffic.events = found.messages;
        summary_.unacked = found.unacked;
        summary_.dead_letters = found.dead_letters;
        summary_.orphans = found.orphans.size();
        summary_.audit = audit(found);
    }

    const clock::time_point begin_{clock::now()};
    const run_config& config_;
    const std::stop_token stop_;
    redis_server redis_;
    ensemble servers_;
    const evidence_places places_;
    traffic traffic_;
    section_log log_;
    own_locks locks_;
    fleet producers_; // last: it ends before the servers it uses
    run_summary summary_;
};

} // namespace

run_summary run_demo(const run_config& config, const std::stop_token& stop)
{
    std::cerr << "seed " << config.plan.seed << "; starting three servers and Redis\n";
    // What Paddock has to say about the faults is not for the terminal.
    paddock::set_logger(spdlog::basic_logger_mt("paddock", (config.folder / "demo.log").string()));
    return demo_run(config, stop).run();
}

} // namespace cache_producer
