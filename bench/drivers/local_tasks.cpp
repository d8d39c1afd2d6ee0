#include "local_tasks.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;

/// Of so many locks one is timed for itself: reading the clock for each would cost a good part of
/// what is measured.
constexpr std::size_t timed_one_of = 16;

/// Asking takes less than reading the clock, so that many are timed together.
constexpr std::size_t held_together = 1000;

std::vector<std::string> names(std::size_t keys)
{
    std::vector<std::string> all;
    for (std::size_t each = 0; each < keys; ++each)
        all.push_back("key-" + std::to_string(each));
    return all;
}

double median_us(std::vector<clock::duration> took)
{
    if (took.empty())
        throw std::runtime_error("there was no time to do it once");
    const auto middle = took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2);
    std::nth_element(took.begin(), middle, took.end());
    return std::chrono::duration<double, std::micro>(*middle).count();
}

/// Repeats a step, which says how long took what it timed of all that it did.
template <class Step>
measured repeat(const task& wanted, std::uint64_t each_does, Step step)
{
    const auto begin = clock::now();
    const auto end = begin + std::chrono::duration_cast<clock::duration>(wanted.lasts);
    std::vector<clock::duration> took;
    while (clock::now() < end)
        took.push_back(step());
    return {each_does * took.size(),
            std::chrono::duration<double>(clock::now() - begin).count(),
            {median_us(took)}};
}

} // namespace

measured lock_retained(paddock::session& session, const std::string& root, const task& wanted)
{
    paddock::lock_config config;
    config.retain_for = std::chrono::hours(1);
    config.retained_max = wanted.in_flight;
    paddock::keyed_mutex locks(session, root, config);
    const auto keys = names(wanted.in_flight);
    for (const auto& key : keys)
        locks.lock(key).release();

    const auto sent_before = session.usage().requests;
    std::size_t next = 0;
    const auto lock_next = [&] {
        locks.lock(keys[next]).release();
        next = next + 1 == keys.size() ? 0 : next + 1;
    };
    auto all = repeat(wanted, timed_one_of, [&] {
        const auto before = clock::now();
        lock_next();
        const auto took = clock::now() - before;
        for (std::size_t each = 1; each < timed_one_of; ++each)
            lock_next();
        return took;
    });
    if (session.usage().requests - sent_before > all.count / 100) // but for what keeps it alive
        throw std::runtime_error("the keys are not retained");
    return all;
}

measured ask_held(paddock::session& session, const std::string& root, const task& wanted)
{
    paddock::keyed_mutex locks(session, root);
    const auto held = locks.lock("held");
    std::size_t yes = 0;
    auto all = repeat(wanted, held_together, [&] {
        const auto before = clock::now();
        for (std::size_t each = 0; each < held_together; ++each)
            yes += held.held() ? 1 : 0;
        return clock::now() - before;
    });
    if (yes != all.count)
        throw std::runtime_error("the hold was lost meanwhile");
    return all;
}

} // namespace bench
