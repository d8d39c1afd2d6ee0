// Runs the cache producer under fire and audits what is left: an ensemble, Redis and three
// producers; changes, duplicates, disorder; a kill, a stop, a new leader; then the invariants.
// Exit code: 0, if all of them hold; 1, if one is broken; 2, if the run could not be made.

#include "demo/faults.hpp"
#include "demo/report.hpp"
#include "demo/run.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <system_error>
#include <thread>

namespace {

using namespace cache_producer;
struct options {
    run_config run;
    bool no_lock{false};
    bool no_fence{false};
    bool json{false};
    bool keep{false};
};

void add_options(CLI::App& app, options& chosen)
{
    app.add_option("--events", chosen.run.plan.changes, "changes; duplicates come on top")
        ->check(CLI::Range(100, 10'000'000))
        ->capture_default_str();
    app.add_option("--products", chosen.run.plan.products, "products")
        ->check(CLI::Range(10, 9'999))
        ->capture_default_str();
    app.add_option("--seed", chosen.run.plan.seed, "decides what happens in which order");
    app.add_flag("--no-lock", chosen.no_lock, "work without locks, to see the damage");
    app.add_flag("--no-fence", chosen.no_fence, "write without fencing, to see the damage");
    app.add_flag("--json", chosen.json, "one JSON object as the last line of standard output");
    app.add_flag("--keep", chosen.keep, "keep logs and stores also if the audit passes");
    app.add_option("--concurrency", chosen.run.workers, "workers of each instance")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option("--producer", chosen.run.producer, "the producer; default: beside this program");
    app.add_option("--ensemble-script", chosen.run.ensemble_script)->capture_default_str();
    app.add_option("--work-folder", chosen.run.folder, "for logs and stores; made if missing");
}

/// The folder of a run. It stays where somebody may want to look into it.
class work_folder {
public:
    explicit work_folder(std::filesystem::path wanted) : path_(std::move(wanted))
    {
        if (path_.empty()) {
            auto name = (std::filesystem::temp_directory_path() / "paddock-demo-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr)
                throw std::system_error(errno, std::generic_category(), name);
            path_ = name;
        }
        std::filesystem::create_directories(path_);
    }
    work_folder(const work_folder&) = delete;
    work_folder& operator=(const work_folder&) = delete;
    ~work_folder()
    {
        std::error_code ignored;
        if (remove_)
            std::filesystem::remove_all(path_, ignored);
        else
            std::cerr << "logs and stores are in " << path_.string() << "\n";
    }

    const std::filesystem::path& path() const { return path_; }
    void remove_at_end() { remove_ = true; }

private:
    std::filesystem::path path_;
    bool remove_{false};
};

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request. Made before all other threads, which
/// inherit that the signals are blocked.
class signal_watch {
public:
    signal_watch()
    {
        sigemptyset(&signals_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP})
            sigaddset(&signals_, signal);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        watcher_ = std::jthread([this](const std::stop_token& end) { watch(end); });
    }

    std::stop_token token() const { return stop_.get_token(); }

private:
    void watch(const std::stop_token& end)
    {
        const timespec at_most{0, 100'000'000};
        while (!end.stop_requested()) {
            if (sigtimedwait(&signals_, nullptr, &at_most) > 0)
                stop_.request_stop();
        }
    }

    sigset_t signals_{};
    std::stop_source stop_;
    std::jthread watcher_;
};

std::filesystem::path beside_this_program(const char* name)
{
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

/// A run that somebody ended leaves nothing; one that failed leaves its logs.
run_summary
run_or_clean_up(const run_config& config, work_folder& folder, const std::stop_token& stop)
{
    try {
        return run_demo(config, stop);
    } catch (const interrupted&) {
        folder.remove_at_end();
        throw;
    }
}

int run_and_print(options chosen, const std::stop_token& stop)
{
    work_folder folder(chosen.run.folder);
    chosen.run.folder = folder.path();
    chosen.run.locking = !chosen.no_lock;
    chosen.run.fencing = !chosen.no_fence;
    if (chosen.run.producer.empty())
        chosen.run.producer = beside_this_program("producer");
    const auto run = run_or_clean_up(chosen.run, folder, stop);
    (chosen.json ? std::cerr : std::cout) << as_table(run) << std::flush;
    if (chosen.json)
        std::cout << as_json(run) << std::endl;
    if (run.audit.passed() && !chosen.keep)
        folder.remove_at_end();
    return run.audit.passed() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Runs the cache producer under fire and audits what is left."};
    options chosen;
    chosen.run.plan.seed = std::random_device{}();
    add_options(app, chosen);
    CLI11_PARSE(app, argc, argv);
    const signal_watch signals;
    try {
        return run_and_print(chosen, signals.token());
    } catch (const interrupted&) {
        std::cerr << "\ninterrupted\n";
        return 130;
    } catch (const std::exception& error) {
        std::cerr << "\ndemo: " << error.what() << "\n";
        return 2;
    }
}
