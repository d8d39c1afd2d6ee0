#include "test/chaos/chaos_run.hpp"

#include "test/chaos/chaos_ensemble.hpp"
#include "test/chaos/client_fleet.hpp"
#include "test/chaos/fault_runner.hpp"
#include "test/chaos/inspection.hpp"
#include "test/chaos/resource_server.hpp"
#include "test/chaos/run_names.hpp"
#include "test/chaos/timeline.hpp"
#include "test/chaos/verdict.hpp"
#include "test/support/wait.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <utility>

namespace paddock::test {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Longer than a Java that starts on a busy machine, and an election after it.
constexpr milliseconds recovery_limit = 180s;

/// How often it is asked whether the servers are well, when no fault is on.
constexpr milliseconds probe_interval = 250ms;

/// Much longer than `rules::resolve_within` and what clients allow their deletions.
constexpr milliseconds rest_limit = 120s;

/// For the sessions of killed clients, which have to expire, and for deletions.
constexpr milliseconds remains_limit = 30s;

constexpr milliseconds end_limit = 20s;
constexpr milliseconds report_interval = 5s;

/// More than a step takes that has nothing to wait for.
constexpr milliseconds advance_max = 300ms;

volatile std::sig_atomic_t asked_to_end = 0;

void check_interrupt()
{
    if (asked_to_end != 0)
        throw interrupted();
}

std::array<bool, fault_kinds> allowed_faults(const driver_options& options,
                                             const chaos_ensemble& servers)
{
    auto allowed = possible_faults(servers);
    for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
        const auto name = std::string(name_of(static_cast<fault_kind>(kind)));
        if (!options.faults.empty() && !options.faults.contains(name))
            allowed.at(kind) = false;
    }
    return allowed;
}

client_fleet::setup fleet_setup(const driver_options& options, const run_places& places)
{
    client_fleet::setup setup;
    setup.options = options.client;
    setup.options.resource = (places.folder / "resource").string();
    setup.options.seed = options.seed;
    setup.program = places.client_program;
    setup.folder = places.folder;
    setup.size = options.clients;
    return setup;
}

class chaos_run {
public:
    chaos_run(const driver_options& options, chaos_ensemble& servers, const run_places& places)
        : options_(options), servers_(servers), places_(places),
          log_(places.folder / "driver.history"),
          resource_({places.folder / "resource", places.folder / "resource.history"},
                    options.client.keys),
          clients_(fleet_setup(options, places), servers, log_),
          faults_(draw_plan(options.seed,
                            {.length = options.length,
                             .session_timeout = options.client.session_timeout,
                             .allowed = allowed_faults(options, servers)}),
                  servers,
                  clients_)
    {
    }

    bool run()
    {
        make_faults();
        recover();
        come_to_rest();
        note_final_values();
        if (!options_.report.empty())
            std::ofstream(options_.report) << to_svg(picture());
        return judge({.folder = places_.folder,
                      .keep = options_.keep,
                      .seed = options_.seed,
                      .grants_min = options_.grants_per_second_min *
                                    static_cast<double>(options_.length.count()),
                      .recovery = recovery(),
                      .faults = faults_.done(),
                      .failures = std::move(failures_)});
    }

private:
    /// How long what is left of a fault may be felt: the ensemble takes a session time-out and two
    /// ticks to forget a client, the clients up to a second to come back to a server.
    milliseconds recovery() const
    {
        return options_.client.session_timeout + 2 * options_.tick + 1s;
    }

    /// Traffic after the last fault: what was broken has to work again, and is seen to.
    milliseconds calm_after() const { return recovery() + idle_limit + 1s; }

    milliseconds elapsed() const
    {
        return std::chrono::duration_cast<milliseconds>(boot_clock::now() - begun_);
    }

    /// Waits as `wait_until`, keeping the count and minding the signals.
    template <class Predicate>
    void wait(Predicate come_true, milliseconds limit)
    {
        wait_until(
            [&] {
                check_interrupt();
                count_seconds();
                return come_true();
            },
            limit);
    }

    /// The time of the plan, which stands still while a step takes long: on a machine without a
    /// core to spare faults would otherwise pile up and begin all at once.
    void advance()
    {
        const auto now = elapsed();
        plan_time_ += std::min(now - looked_at_, advance_max);
        looked_at_ = now;
    }

    void make_faults()
    {
        const auto over = [&] {
            advance();
            watch_calm();
            for (const auto& news : faults_.step(plan_time_, elapsed()))
                std::printf(
                    "%6.1f s  %s\n", static_cast<double>(elapsed().count()) / 1'000, news.c_str());
            report_progress();
            return plan_time_ >= options_.length || elapsed() >= 3 * options_.length;
        };
        wait(over, 4 * std::chrono::milliseconds(options_.length));
    }

    /// Notes when calm begins that lasts for longer than the recovery from the faults before it,
    /// and, before the next fault, that it ends.
    void watch_calm()
    {
        const auto left = faults_.until_next(plan_time_);
        if (calm_ && left <= 0ms) {
            note(checker::event_kind::calm_ends, event_time());
            calm_ = false;
        }
        if (faults_.active() > 0)
            well_since_.reset();
        else if (!calm_ && left >= recovery() && (calm_ = is_well_for_good()))
            note(checker::event_kind::calm_begins, *well_since_);
    }

    /// Whether the servers are well, and were when they were asked for two ticks: those whose
    /// leader was paused may seem so for a moment before they elect another.
    bool is_well_for_good()
    {
        if (elapsed() < next_probe_)
            return false;
        next_probe_ = elapsed() + probe_interval;
        if (!is_well(servers_))
            well_since_.reset();
        else if (!well_since_)
            well_since_ = event_time();
        return well_since_ && event_time() - *well_since_ >= 2 * options_.tick;
    }

    void note(checker::event_kind what, std::chrono::nanoseconds time)
    {
        checker::event noted;
        noted.kind = what;
        noted.time = time;
        log_.append(noted, "");
    }

    void recover()
    {
        std::printf("%6.1f s  the faults end\n", static_cast<double>(elapsed().count()) / 1'000);
        faults_.end_all(elapsed());
        for (std::size_t server = 0; server < servers_.size(); ++server)
            servers_.restart(server); // one that ended by itself, say for want of space
        for (std::size_t place = 0; place < clients_.size(); ++place)
            clients_.replace(place);
        well_since_.reset();
        try {
            wait([&] { return is_well_for_good(); }, recovery_limit);
        } catch (const timed_out&) {
            failures_.push_back("the servers did not recover from the faults");
        }
        note(checker::event_kind::quiet, event_time());
        const auto calm = elapsed() + calm_after();
        see_all_served();
        wait([&] { return elapsed() >= calm; }, 2 * calm_after());
    }

    /// Waits until each client has been granted more than it can have asked for before the faults
    /// were over: so its sessions are there again, and what it asks for now is granted.
    void see_all_served()
    {
        const auto due = options_.client.workers + options_.client.threads + 1;
        const auto before = resource_.grants();
        auto granted = before;
        const auto served = [&](std::uint32_t id) {
            const auto known = before.find(id);
            return granted[id] - (known == before.end() ? 0 : known->second);
        };
        try {
            wait(
                [&] {
                    granted = resource_.grants();
                    return std::ranges::all_of(clients_.running(),
                                               [&](auto id) { return served(id) >= due; });
                },
                2 * recovery());
        } catch (const timed_out&) {
            for (const auto id : clients_.running()) {
                if (served(id) < due)
                    failures_.push_back("client " + std::to_string(id) + " was granted " +
                                        std::to_string(served(id)) + " locks, of at least " +
                                        std::to_string(due) + ", once the faults were over");
            }
        }
    }

    void come_to_rest()
    {
        clients_.failures(); // who has ended by now was not told to
        clients_.tell_all();
        const auto resting = [&] {
            const auto there = resource_.at_rest();
            for (const auto id : clients_.running()) {
                if (!there.contains(id))
                    return false;
            }
            return true;
        };
        try {
            wait(resting, rest_limit);
            look_for_leftovers();
        } catch (const timed_out&) {
            failures_.push_back("not all clients came to rest");
        }
        clients_.tell_all();
        clients_.wait_for_end(end_limit);
        const auto ended = clients_.failures();
        failures_.insert(failures_.end(), ended.begin(), ended.end());
    }

    void look_for_leftovers()
    {
        remains found;
        try {
            const auto none = [&] {
                const auto seen = look_for_remains(servers_);
                return seen && (found = *seen).none();
            };
            wait(none, remains_limit);
        } catch (const timed_out&) {
            std::ofstream(places_.folder / "remains.txt") << describe(servers_);
            servers_.save_records(places_.folder);
            for (const auto& contender : found.contenders)
                note_leftover(0, key_in(contender), 1);
            if (found.watches != 0)
                note_leftover(0, "", static_cast<std::int64_t>(found.watches));
        }
        for (const auto& [client, count] : resource_.at_rest()) {
            if (count != 0)
                note_leftover(client, "", count);
        }
    }

    void note_leftover(std::uint32_t client, const std::string& key, std::int64_t count)
    {
        checker::event left;
        left.kind = checker::event_kind::left_over;
        left.client = client;
        left.time = event_time();
        left.value = count;
        log_.append(left, key);
    }

    void note_final_values()
    {
        for (std::size_t key = 0; key < resource_.counters().size(); ++key) {
            checker::event last;
            last.kind = checker::event_kind::final_value;
            last.time = event_time();
            last.value = resource_.counters().value(key);
            log_.append(last, key_name(key));
        }
    }

    void count_seconds()
    {
        const auto second = static_cast<std::size_t>(elapsed() / 1s);
        if (second < grants_.size())
            return;
        const auto now = resource_.usage();
        grants_.resize(second + 1, 0);
        losses_.resize(second + 1, 0);
        grants_[second] = now.reads - counted_.reads;
        losses_[second] = now.lost - counted_.lost;
        counted_ = now;
    }

    void report_progress()
    {
        if (elapsed() < next_report_)
            return;
        next_report_ = elapsed() + report_interval;
        const auto now = resource_.usage();
        std::printf("%6.1f s  %zu faults, %zu now; %llu grants, %llu of them new; %llu lost, "
                    "%llu refused\n",
                    static_cast<double>(elapsed().count()) / 1'000,
                    faults_.done().size(),
                    faults_.active(),
                    static_cast<unsigned long long>(now.reads),
                    static_cast<unsigned long long>(now.reads - reported_.reads),
                    static_cast<unsigned long long>(now.lost),
                    static_cast<unsigned long long>(now.refused));
        std::fflush(stdout);
        reported_ = now;
    }

    timeline picture() const
    {
        return {.title = "seed " + std::to_string(options_.seed) + ", " +
                         std::to_string(options_.length.count()) + " s, " +
                         std::to_string(resource_.usage().reads) + " grants used, " +
                         std::to_string(faults_.done().size()) + " faults",
                .grants = grants_,
                .losses = losses_,
                .faults = faults_.done()};
    }

    const driver_options& options_;
    chaos_ensemble& servers_;
    const run_places& places_;
    checker::history_file log_;
    resource_server resource_;
    client_fleet clients_; // after what it uses
    fault_runner faults_;
    boot_clock::time_point begun_ = boot_clock::now();
    milliseconds looked_at_{0}; // after the begin
    milliseconds plan_time_{0};
    milliseconds next_probe_{0};
    std::optional<std::chrono::nanoseconds> well_since_; // the servers, as far as it was asked
    bool calm_ = false;                                  // noted to be
    milliseconds next_report_ = report_interval;
    resource_usage reported_;
    resource_usage counted_;
    std::vector<std::uint64_t> grants_;
    std::vector<std::uint64_t> losses_;
    std::vector<std::string> failures_;
};

} // namespace

bool run_chaos(const driver_options& options, chaos_ensemble& servers, const run_places& places)
{
    return chaos_run(options, servers, places).run();
}

void catch_interrupts()
{
    const auto note = [](int) { asked_to_end = 1; };
    std::signal(SIGINT, note);
    std::signal(SIGTERM, note);
}

} // namespace paddock::test
