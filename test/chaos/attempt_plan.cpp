#include "test/chaos/attempt_plan.hpp"

#include <algorithm>
#include <cmath>

namespace paddock::test {

namespace {

using std::chrono::milliseconds;

bool one_in(std::mt19937_64& chance, std::uint64_t n)
{
    return chance() % n == 0;
}

milliseconds up_to(std::mt19937_64& chance, milliseconds most)
{
    return milliseconds(chance() % static_cast<std::uint64_t>(most.count() + 1));
}

asking draw_asking(std::mt19937_64& chance)
{
    const auto roll = chance() % 10;
    if (roll < 6)
        return asking::lock;
    return roll < 9 ? asking::try_lock_for : asking::try_lock;
}

lock_object draw_object(std::mt19937_64& chance, bool blocking)
{
    if (!blocking && one_in(chance, 8))
        return lock_object::plain;
    const auto roll = chance() % 8;
    if (roll == 0)
        return lock_object::brief;
    return roll < 4 ? lock_object::kept : lock_object::keyed;
}

/// Mostly short, so that there is traffic; now and then longer than `brief_hold`; rarely longer
/// than half of a session time-out, so that belief has to be renewed to survive it.
milliseconds draw_stay(std::mt19937_64& chance)
{
    if (one_in(chance, 400))
        return milliseconds(500) + up_to(chance, milliseconds(1'500));
    if (one_in(chance, 40))
        return up_to(chance, 2 * brief_hold);
    return one_in(chance, 4) ? up_to(chance, milliseconds(5)) : milliseconds(0);
}

leaving draw_leaving(std::mt19937_64& chance)
{
    const auto roll = chance() % 4;
    if (roll == 0)
        return leaving::async_release;
    return roll == 1 ? leaving::destructor : leaving::release;
}

} // namespace

key_choice::key_choice(std::size_t keys)
{
    double sum = 0;
    for (std::size_t key = 1; key < keys; ++key)
        sums_.push_back(sum += 1.0 / std::sqrt(static_cast<double>(key)));
}

std::size_t key_choice::draw(std::mt19937_64& chance) const
{
    if (sums_.empty() || one_in(chance, 20))
        return 0;
    const double point = std::uniform_real_distribution<double>(0, sums_.back())(chance);
    const auto found = std::lower_bound(sums_.begin(), sums_.end(), point);
    const auto place = static_cast<std::size_t>(found - sums_.begin());
    return 1 + std::min(place, sums_.size() - 1);
}

attempt_plan draw_attempt(std::mt19937_64& chance, const key_choice& keys, bool blocking)
{
    attempt_plan plan;
    plan.key = keys.draw(chance);
    plan.object = draw_object(chance, blocking);
    plan.how = draw_asking(chance);
    plan.limit = up_to(chance, milliseconds(one_in(chance, 10) ? 3'000 : 300));
    if (!blocking && one_in(chance, 10)) {
        plan.cancel_after = milliseconds(1) + up_to(chance, milliseconds(49));
        plan.cancel_totally = one_in(chance, 2);
    }
    plan.stay = draw_stay(chance);
    plan.verify = one_in(chance, 20);
    plan.write = !one_in(chance, 10);
    if (one_in(chance, 50))
        plan.hesitate = up_to(chance, milliseconds(200));
    plan.leave = draw_leaving(chance);
    return plan;
}

} // namespace paddock::test
