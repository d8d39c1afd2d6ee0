#include "demo/faults.hpp"

#include "pause_point.hpp"
#include "stoppable_wait.hpp"
#include <paddock/hold.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

namespace cache_producer {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// When each fault comes: the share of the changes that is published by then.
constexpr std::array fault_shares{0.15, 0.40, 0.70};

/// How long the changes up to the next fault are stretched while a fault lasts, so that there is
/// load all the time, also in a short run.
constexpr unsigned fault_seconds = 12;

/// By then Redis has ended every read that an instance was waiting in when it was stopped, and will
/// not hand it another message. Its partner is the wait of `receive` in producer_main.cpp.
constexpr std::chrono::milliseconds read_ended_after = 1s;

/// Nothing here takes longer on a machine that works: a session's end, a claim, an election.
constexpr std::chrono::seconds patience = 60s;

std::chrono::milliseconds since(clock::time_point begin)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin);
}

std::string in_words(std::chrono::milliseconds time)
{
    return std::to_string(time.count()) + " ms";
}

} // namespace

faults::faults(scene where, std::stop_token stop)
    : where_(std::move(where)), stop_(std::move(stop)),
      changes_(where_.plan, where_.redis, where_.store), cache_(where_.redis, "demo"),
      redis_(where_.redis)
{
}

fault_results faults::run()
{
    const std::array steps{&faults::kill_inside, &faults::stop_inside, &faults::restart_leader};
    const auto total = where_.plan.changes;
    const auto at = [total](std::size_t i) {
        return i < fault_shares.size()
                   ? static_cast<std::size_t>(static_cast<double>(total) * fault_shares[i])
                   : total;
    };
    where_.control.allowed = at(0);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        wait_until([&] { return where_.control.published >= at(i); }, "the traffic gets on");
        const auto segment = static_cast<unsigned>(at(i + 1) - at(i));
        where_.control.per_second_max = std::max(1U, segment / fault_seconds);
        where_.control.allowed = at(i + 1);
        (this->*steps[i])();
        where_.control.per_second_max = 0;
    }
    return results_;
}

void faults::kill_inside()
{
    const auto product = product_to_kill_in(where_.plan);
    const auto change = changes_.change_now(product);
    const auto victim = pause_somebody_at(product);

    record(section_step::killed, victim);
    where_.producers.send(victim, SIGKILL);
    ++results_.kills;
    where_.shown.mark('K');
    where_.shown.note(victim + " killed (SIGKILL) inside the section of " + product);

    if (where_.products != nullptr)
        measure_release(product);
    where_.producers.forget(victim);
    wait_handled(change);
    where_.shown.note("its message was delivered again, and " + product + " is up to date");
    where_.producers.start(1, stop_); // as whoever runs services would
}

void faults::measure_release(const std::string& product)
{
    const auto begin = clock::now();
    paddock::error_code ec;
    const auto hold = where_.products->try_lock_for(product, patience, ec);
    if (!hold)
        throw std::runtime_error("the killed instance's lock is not freed: " + ec.message());
    results_.freed_after = since(begin);
    where_.log.append(
        {section_step::enter, "demo", 1, product, hold->token().value(), "measure", {}});
    where_.log.append(
        {section_step::leave, "demo", 1, product, hold->token().value(), "measured", {}});
    where_.shown.note("its lock was freed by its session's end, after " +
                      in_words(*results_.freed_after));
}

void faults::stop_inside()
{
    const auto product = product_to_stop_in(where_.plan);
    const auto older = changes_.change_now(product);
    const auto victim = pause_somebody_at(product);

    record(section_step::stopped, victim);
    where_.producers.send(victim, SIGSTOP);
    const auto begin = clock::now();
    where_.shown.mark('S');
    where_.shown.note(victim + " stopped (SIGSTOP) inside the section of " + product +
                      ", its write still to come");

    // Somebody else gets the lock when the stopped session has ended, and writes what is newer.
    // Both messages must be done by then: one that came later would repair what the late write
    // damages.
    wait_or_stop(stop_, read_ended_after);
    const auto newer = changes_.change_now(product);
    wait_handled(newer);
    wait_handled(older);
    where_.shown.note("another instance wrote a newer " + product + " after " +
                      in_words(since(begin)));
    const auto longer = where_.session_timeout + where_.session_timeout / 2;
    wait_until([&] { return since(begin) > longer; }, "a time passes");

    // With the entry evicted there is no version left that could stop the late write: only the
    // fence can.
    cache_.evict(product);
    resume_paused(redis_, product);
    where_.producers.send(victim, SIGCONT);
    results_.stopped_for = since(begin);
    const auto became = wait_resumed(redis_, product, patience, stop_);
    if (!became)
        throw std::runtime_error(victim + " does not go on after SIGCONT");
    results_.late_write = *became;
    where_.shown.note(victim + " went on (SIGCONT); its late write was " +
                      (*became == "fenced" ? "refused: fenced" : "not fenced: " + *became));
}

void faults::restart_leader()
{
    std::optional<int> leader;
    wait_until([&] { return (leader = where_.servers.leader()).has_value(); }, "there is a leader");
    record(section_step::ensemble, {});
    where_.servers.kill(*leader);
    const auto begin = clock::now();
    where_.shown.mark('L');
    where_.shown.note("server " + std::to_string(*leader) + ", the leader, killed (SIGKILL)");

    std::optional<int> next;
    wait_until([&] { return (next = where_.servers.leader()).has_value(); }, "a leader is elected");
    results_.without_leader = since(begin);
    where_.shown.note("server " + std::to_string(*next) + " leads after " +
                      in_words(results_.without_leader));
    where_.servers.start(*leader);
    wait_until([&] { return where_.servers.serving() == 3; }, "all three servers serve");
    ++results_.leader_restarts;
    where_.shown.note("server " + std::to_string(*leader) + " is back");
}

std::string faults::pause_somebody_at(const std::string& product)
{
    arm_pause(redis_, product);
    const auto paused = wait_paused(redis_, product, patience, stop_);
    if (!paused && stop_.stop_requested())
        throw interrupted();
    if (!paused)
        throw std::runtime_error("no instance comes to the section of " + product);
    return paused->instance;
}

void faults::wait_handled(const published_change& change)
{
    const auto& id = change.row.id;
    wait_until([&] { return is_acknowledged(redis_, change.message_id); }, id + " is handled");
    wait_until(
        [&] {
            const auto entry = cache_.peek(id);
            return entry && entry->stamp >= stamp_of(change.row);
        },
        id + " is up to date");
}

void faults::record(section_step step, const std::string& instance)
{
    // Before the fault itself, so that nothing that follows from it can stand before it.
    where_.log.append({step, instance, 0, {}, 0, {}, {}});
}

template <class Condition>
void faults::wait_until(Condition reached, const std::string& what)
{
    const auto deadline = clock::now() + patience;
    while (!reached()) {
        if (!wait_or_stop(stop_, 20ms))
            throw interrupted();
        if (clock::now() > deadline)
            throw std::runtime_error("not within " + std::to_string(patience.count()) +
                                     " s: " + what);
    }
}

} // namespace cache_producer
