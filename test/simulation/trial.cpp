#include "test/simulation/trial.hpp"

#include "test/checker/check.hpp"
#include "test/simulation/faults.hpp"
#include "test/simulation/workload.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

namespace paddock::simulation {
namespace {

constexpr const char* root = "/locks";

// Timeouts and ticks: the least the server allows, where a half tick weighs most, and wider ones.
struct timing {
    std::chrono::milliseconds timeout;
    std::chrono::milliseconds tick;
};
constexpr timing timings[] = {
    {std::chrono::milliseconds(1'000), std::chrono::milliseconds(500)},
    {std::chrono::milliseconds(2'000), std::chrono::milliseconds(1'000)},
    {std::chrono::milliseconds(4'000), std::chrono::milliseconds(2'000)},
    {std::chrono::milliseconds(3'000), std::chrono::milliseconds(1'000)},
    {std::chrono::milliseconds(2'000), std::chrono::milliseconds(400)},
    {std::chrono::milliseconds(10'000), std::chrono::milliseconds(2'000)},
};

// What a clock, a client's or a leader's, may be off, in parts per million.
constexpr std::int64_t drift_max = 1'000;

template <class Items>
const auto& choose(const Items& from, const std::string& wanted, random_source& chance)
{
    if (wanted.empty())
        return from[chance.below(from.size())];
    for (const auto& each : from) {
        if (each.name == wanted)
            return each;
    }
    throw std::invalid_argument("there is none by the name of \"" + wanted + "\"");
}

ensemble_config servers_for(const timing& times, random_source& chance)
{
    ensemble_config wanted;
    wanted.tick = times.tick;
    wanted.sync_limit = 2 + static_cast<int>(chance.below(4));
    wanted.init_limit = 10;
    wanted.drift_ppm_max = drift_max;
    return wanted;
}

class trial {
public:
    trial(std::uint64_t seed, const trial_options& options)
        : options_(options), world_(seed), chance_(world_.chance().split()),
          what_(choose(workloads(), options.workload, chance_)),
          times_(timings[chance_.below(std::size(timings))]), net_(world_),
          servers_(world_, net_, servers_for(times_, chance_)),
          seen_(world_, servers_, root, times_.timeout), stage_{world_,
                                                                net_,
                                                                servers_,
                                                                requests_,
                                                                seen_,
                                                                programs_,
                                                                [this](std::size_t which) {
                                                                    replace(which);
                                                                },
                                                                chance_,
                                                                times_.timeout,
                                                                root}
    {
        result_.seed = seed;
        result_.workload = what_.name;
        world_.narrator = options.narrator;
        seen_.retains = what_.retain_for != 0;
        seen_.hands_on = what_.handoffs_max;
        world_.after_each = [this] { seen_.look(); };
    }

    outcome run()
    {
        const auto began = world_.now();
        world_.note("workload",
                    what_.name,
                    static_cast<std::uint64_t>(times_.timeout.count()),
                    static_cast<std::uint64_t>(times_.tick.count()));
        start();
        if (traffic() && heal() && resolve() && rest())
            judge();
        result_.violation = seen_.violation();
        result_.trace_hash = world_.trace_hash();
        result_.operations = operations();
        result_.grants = seen_.grants();
        result_.batched = seen_.batched;
        result_.retaken = seen_.retaken;
        result_.retains = seen_.retains;
        result_.losses = seen_.losses();
        result_.least_margin = seen_.least_margin();
        result_.events = world_.events_seen();
        result_.virtual_seconds = std::chrono::duration<double>(world_.now() - began).count();
        world_.after_each = nullptr;
        return std::move(result_);
    }

private:
    struct active {
        std::string_view name;
        std::function<void()> end{};
        std::shared_ptr<bool> hit{std::make_shared<bool>(false)};
        bool ended{false};
    };

    void start()
    {
        const auto all = what_.processes + (what_.has_neighbour ? neighbour().processes : 0);
        for (std::size_t each = 0; each < all; ++each) {
            programs_.push_back(make_program(each));
            programs_.back()->start();
        }
        const auto lasts = static_cast<std::uint64_t>(what_.lasts);
        const auto faults_planned = (2 + chance_.below(3)) * lasts / 8;
        for (std::uint64_t each = 0; each < faults_planned; ++each)
            world_.after(timeout() / 2 + chance_.between(0ns, timeout() * what_.lasts),
                         [this] { begin(); });
    }

    std::unique_ptr<program> make_program(std::size_t place)
    {
        const auto number = ++clients_;
        const auto drift = chance_.up_to(drift_max);
        std::string hosts;
        for (std::size_t each = 0; each < servers_.size(); ++each) {
            const auto at = ensemble::address(each);
            hosts += (each == 0 ? "" : ",") + at.address + ":" + std::to_string(at.port);
        }
        return std::make_unique<program>(process::surroundings{world_, net_, servers_, requests_},
                                         seen_,
                                         place < what_.processes ? what_ : neighbour(),
                                         program::order{.client = number,
                                                        .name = "client-" + std::to_string(number),
                                                        .hosts = hosts,
                                                        .root = root,
                                                        .timeout = times_.timeout,
                                                        .drift_ppm = drift});
    }

    // The dead stay until the end: what happens in the world may still name them.
    void replace(std::size_t which)
    {
        if (programs_[which]->host().alive())
            return; // two faults hit the same one, and the other's end came first
        operations_of_the_dead_ += programs_[which]->operations();
        graveyard_.push_back(std::move(programs_[which]));
        programs_[which] = make_program(which);
        programs_[which]->start();
        if (finishing_)
            programs_[which]->finish();
    }

    void begin()
    {
        const auto& what = choose(faults(), options_.fault, chance_);
        result_.faults.emplace_back(what.name);
        world_.note("fault begins", what.name);
        auto here = std::make_shared<active>(active{.name = what.name});
        *here->hit = !what.may_miss;
        stage_.hit = here->hit;
        here->end = what.begin(stage_);
        active_.push_back(here);
        const auto lasts =
            timeout() / 50 + chance_.between(0ns, timeout() * what.lasts_max / 1'000);
        world_.after(lasts, [this, here] { end(*here); });
    }

    void end(active& which)
    {
        if (std::exchange(which.ended, true))
            return;
        world_.note("fault ends", which.name);
        if (which.end)
            which.end();
    }

    // --- the phases -------------------------------------------------------------------------

    bool traffic()
    {
        const auto least = world_.now() + timeout() * (what_.lasts + 1);
        const auto most = world_.now() + timeout() * 120;
        while (world_.now() < least || operations() < options_.operations) {
            world_.run_until(world_.now() + timeout() / 8);
            if (seen_.violation())
                return false;
            if (world_.now() > most) {
                seen_.violated("only " + std::to_string(operations()) + " operations in " +
                               std::to_string((timeout() * 120).count() / 1'000'000'000) +
                               " s: the traffic has come to a halt");
                return false;
            }
        }
        // One more, that is still on when everything ends.
        begin();
        world_.run_until(world_.now() + chance_.between(1ms, timeout()));
        return !seen_.violation();
    }

    bool heal()
    {
        stage_.calm = true;
        for (const auto& each : active_)
            end(*each);
        for (const auto& each : std::exchange(active_, {})) {
            if (*each->hit)
                result_.hits.emplace_back(each->name);
        }
        net_.heal();
        requests_.clear();
        for (std::size_t each = 0; each < servers_.size(); ++each) {
            servers_.resume(each);
            if (!servers_.server(each).alive())
                servers_.restart(each);
            servers_.set_sync_to_disk(each, 200us);
            servers_.throttle_next(each, 0);
        }
        for (const auto& each : programs_)
            each->go_on();
        // A fault lasts as long as its packets: they still touch sessions, and still arrive late.
        world_.run_until(net_.latest_arrival());
        return await(times_.tick * 30, "the ensemble serves", [this] {
            for (std::size_t each = 0; each < servers_.size(); ++each) {
                if (!servers_.serves(each))
                    return false;
            }
            return servers_.leader().has_value();
        });
    }

    // Nothing that is lost stays unanswered for longer than a session may live without a sign, two
    // ticks for its server's rounding and a second to connect; and then the queue.
    bool resolve()
    {
        world_.note("quiet", "trial");
        seen_.quiet();
        finishing_ = true;
        for (const auto& each : programs_)
            each->finish();
        return await(timeout() + 2 * times_.tick + 1s, "every call is answered", [this] {
            return std::all_of(
                programs_.begin(), programs_.end(), [](const auto& each) { return each->idle(); });
        });
    }

    bool rest()
    {
        world_.run_until(world_.now() + timeout() + 2 * times_.tick + 1s);
        if (seen_.violation())
            return false;
        std::vector<process*> alive;
        for (const auto& each : programs_) {
            if (each->host().alive())
                alive.push_back(&each->host());
        }
        seen_.at_rest(alive);
        for (const auto& each : programs_) {
            if (const auto wrong = each->not_connected())
                seen_.violated(*wrong);
            each->close_sessions();
        }
        // Sessions of the killed, and of those closed without a connection, end by themselves.
        return await(timeout() + 2 * times_.tick + 2s, "every session is over", [this] {
            return servers_.sessions() == 0;
        });
    }

    template <class Condition>
    bool await(nanoseconds limit, const char* what, Condition met)
    {
        const auto end = world_.now() + limit;
        while (!seen_.violation() && !met()) {
            if (world_.now() >= end) {
                seen_.violated(std::string("within ") + std::to_string(limit.count() / 1'000'000) +
                               " ms not: " + what + "; " + busy());
                return false;
            }
            world_.run_until(world_.now() + 5ms);
        }
        return !seen_.violation();
    }

    std::string busy() const
    {
        for (const auto& each : programs_) {
            if (!each->idle())
                return each->describe_busy();
        }
        return std::to_string(servers_.sessions()) + " sessions";
    }

    void judge()
    {
        checker::rules demanded;
        demanded.resolve_within = timeout() + 2 * times_.tick + 1s;
        demanded.limit_grace = timeout() / 400; // the clocks' drift, and a little
        demanded.unique_across_keys = false;    // contenders of one transaction share its number
        demanded.signal_grace = 1ms;            // a thread of the pool is not there at once
        // Some faults leave one trial next to nothing: a hot key at the end of its numbers is
        // refused until its parent goes. How much all trials do is judged over all of them.
        demanded.grants_min = 2;
        demanded.writes_min = 1;
        const auto verdict = checker::check(seen_.history(), demanded);
        if (!verdict.clean())
            seen_.violated(checker::text_of(verdict));
    }

    std::uint64_t operations() const
    {
        auto sum = operations_of_the_dead_;
        for (const auto& each : programs_)
            sum += each->operations();
        return sum;
    }

    nanoseconds timeout() const { return times_.timeout; }

    const trial_options& options_;
    outcome result_;
    world world_;
    random_source chance_;
    const workload& what_;
    const timing times_;
    network net_;
    request_faults requests_;
    ensemble servers_;
    witness seen_;
    std::vector<std::unique_ptr<program>> programs_;
    std::vector<std::unique_ptr<program>> graveyard_;
    std::vector<std::shared_ptr<active>> active_;
    stage stage_;
    checker::client_id clients_{0};
    std::uint64_t operations_of_the_dead_{0};
    bool finishing_{false};
};

} // namespace

outcome run_trial(std::uint64_t seed, const trial_options& options)
{
    // On the heap: its parts refer to one another.
    return std::make_unique<trial>(seed, options)->run();
}

} // namespace paddock::simulation
