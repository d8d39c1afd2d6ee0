// The program behind scripts/simulate: many seeds at once, or one with its trace.

#include "test/simulation/faults.hpp"
#include "test/simulation/tally.hpp"
#include "test/simulation/trial.hpp"
#include "test/simulation/workload.hpp"
#include <paddock/log.hpp>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace paddock::simulation;

struct order {
    std::uint64_t seeds{100};
    std::uint64_t first{1};
    std::optional<std::uint64_t> one;
    unsigned jobs{std::max(1U, std::thread::hardware_concurrency())};
    bool keep_going{false};
    bool quiet_trace{false};
    std::string tally_file;
    trial_options trial;
};

std::string options_of(const order& wanted)
{
    std::string text;
    if (!wanted.trial.workload.empty())
        text += " --workload " + wanted.trial.workload;
    if (!wanted.trial.fault.empty())
        text += " --fault " + wanted.trial.fault;
    if (wanted.trial.operations != trial_options{}.operations)
        text += " --operations " + std::to_string(wanted.trial.operations);
    return text;
}

void print(const outcome& one, const order& wanted)
{
    std::string faults;
    for (const auto& name : one.faults)
        faults += (faults.empty() ? "" : ", ") + name;
    std::printf("seed %llu: %s with %s; %llu operations, %llu grants, %llu losses in %.1f s of "
                "virtual time; trace %016llx\n",
                static_cast<unsigned long long>(one.seed),
                one.workload.c_str(),
                faults.c_str(),
                static_cast<unsigned long long>(one.operations),
                static_cast<unsigned long long>(one.grants),
                static_cast<unsigned long long>(one.losses),
                one.virtual_seconds,
                static_cast<unsigned long long>(one.trace_hash));
    if (one.violation)
        std::printf("VIOLATION %s\nreplay: scripts/simulate --seed %llu%s\n",
                    one.violation->c_str(),
                    static_cast<unsigned long long>(one.seed),
                    options_of(wanted).c_str());
    std::fflush(stdout);
}

int run_one(const order& wanted)
{
    auto options = wanted.trial;
    if (!wanted.quiet_trace)
        options.narrator = [](const std::string& line) { std::puts(line.c_str()); };
    const auto result = run_trial(*wanted.one, options);
    print(result, wanted);
    return result.violation ? 1 : 0;
}

class crowd {
public:
    explicit crowd(const order& wanted) : wanted_(wanted), next_(wanted.first)
    {
        if (!wanted.tally_file.empty())
            before_.load(wanted.tally_file);
    }

    int run()
    {
        std::vector<std::thread> threads;
        for (unsigned each = 0; each < wanted_.jobs; ++each)
            threads.emplace_back([this] { work(); });
        for (auto& each : threads)
            each.join();
        report();
        return sum_.violations == 0 && !sum_.idle() ? 0 : 1;
    }

private:
    void work()
    {
        const auto end = wanted_.first + wanted_.seeds;
        for (auto seed = next_++; seed < end && !stopped_; seed = next_++) {
            const auto result = run(seed);
            const std::lock_guard lock(mutex_);
            sum_.add(result);
            if (result.violation) {
                print(result, wanted_);
                stopped_ = !wanted_.keep_going;
            }
            progress();
        }
    }

    // What a trial throws is its violation, and must not cost the seed's name.
    outcome run(std::uint64_t seed) const
    {
        try {
            return run_trial(seed, wanted_.trial);
        } catch (const std::exception& wrong) {
            outcome result;
            result.seed = seed;
            result.violation = std::string("an exception: ") + wrong.what();
            return result;
        }
    }

    double seconds() const
    {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }

    void progress()
    {
        if (seconds() < told_ + 5)
            return;
        told_ = seconds();
        std::printf("%llu of %llu seeds, %.0f a second, %llu violations\n",
                    static_cast<unsigned long long>(sum_.seeds),
                    static_cast<unsigned long long>(wanted_.seeds),
                    static_cast<double>(sum_.seeds) / seconds(),
                    static_cast<unsigned long long>(sum_.violations));
        std::fflush(stdout);
    }

    void report()
    {
        const auto took = seconds();
        std::printf("%llu seeds from %llu in %.1f s: %llu operations (%.0f a second and core), "
                    "%llu grants, %llu of them of retained keys, %llu contenders in transactions, "
                    "%llu holds lost, "
                    "%llu violations; digest %016llx\n",
                    static_cast<unsigned long long>(sum_.seeds),
                    static_cast<unsigned long long>(wanted_.first),
                    took,
                    static_cast<unsigned long long>(sum_.operations),
                    static_cast<double>(sum_.operations) / took / wanted_.jobs,
                    static_cast<unsigned long long>(sum_.grants),
                    static_cast<unsigned long long>(sum_.retaken),
                    static_cast<unsigned long long>(sum_.batched),
                    static_cast<unsigned long long>(sum_.losses),
                    static_cast<unsigned long long>(sum_.violations),
                    static_cast<unsigned long long>(sum_.digest));
        std::printf("every belief ended %.3f of the time-out or more before the leader could act\n",
                    sum_.least_margin);
        if (sum_.idle())
            std::printf("too few grants, or none in a transaction, for so many operations: that "
                        "shows nothing\n");
        if (wanted_.tally_file.empty())
            return;
        sum_.save(wanted_.tally_file + ".part");
        before_.load(wanted_.tally_file + ".part");
        before_.save(wanted_.tally_file);
        std::remove((wanted_.tally_file + ".part").c_str());
        std::printf("%s\n%llu seeds in all; every fault met every workload in %llu or more\n",
                    before_.table().c_str(),
                    static_cast<unsigned long long>(before_.seeds),
                    static_cast<unsigned long long>(before_.least_covered()));
    }

    const order& wanted_;
    std::atomic<std::uint64_t> next_;
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;
    tally sum_;
    tally before_;
    const std::chrono::steady_clock::time_point began_{std::chrono::steady_clock::now()};
    double told_{0};
};

} // namespace

int main(int count, char** words)
{
    order wanted;
    CLI::App app{"Runs Paddock over a simulated ensemble under faults, in virtual time."};
    app.add_option("--seeds", wanted.seeds, "how many seeds to run")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--first-seed", wanted.first, "the first of them")->capture_default_str();
    app.add_option("--seed", wanted.one, "run this one and print its trace");
    app.add_flag("--no-trace", wanted.quiet_trace, "with --seed: only the result");
    app.add_option("--jobs", wanted.jobs, "threads")->capture_default_str();
    app.add_flag("--keep-going", wanted.keep_going, "do not stop at the first violation");
    app.add_option("--operations", wanted.trial.operations, "calls a seed makes at the least")
        ->capture_default_str();
    app.add_option("--workload", wanted.trial.workload, "only this one");
    app.add_option("--fault", wanted.trial.fault, "only this one");
    app.add_option("--tally", wanted.tally_file, "adds what ran to this file, prints the coverage");
    CLI11_PARSE(app, count, words);

    paddock::set_logger(
        std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>()));
    try {
        return wanted.one ? run_one(wanted) : crowd(wanted).run();
    } catch (const std::exception& wrong) {
        std::fprintf(stderr, "simulate: %s\n", wrong.what());
        return 2;
    }
}
