#include "test/simulation/world.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace paddock::simulation {

// ---- host --------------------------------------------------------------------------------------

host::host(world& where, std::string name) : world_(where), name_(std::move(name)) {}

host::~host()
{
    kill();
}

void host::pause()
{
    paused_ = true;
}

void host::resume()
{
    paused_ = false;
    while (!paused_ && alive_ && !backlog_.empty()) {
        const auto next = backlog_.front();
        backlog_.pop_front();
        world_.happen(static_cast<std::uint32_t>(next));
    }
}

void host::kill()
{
    alive_ = false;
    paused_ = false;
    ++life_;
    for (const auto index : std::exchange(backlog_, {}))
        world_.release(static_cast<std::uint32_t>(index));
}

void host::restart()
{
    alive_ = true;
}

// ---- world -------------------------------------------------------------------------------------

world::world(std::uint64_t seed) : chance_(seed) {}

world::~world()
{
    // What is left may own what arranges or cancels more while it goes.
    auto left = std::exchange(slots_, {});
    heap_.clear();
}

world::event_id world::arrange(time_point when, host* where, task work)
{
    std::uint32_t index = 0;
    if (free_.empty()) {
        index = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    auto& place = slots_[index];
    place.work = std::move(work);
    place.where = where;
    place.life = where != nullptr ? where->life_ : 0;
    place.used = true;
    heap_.push_back({std::max(when, now_), ++order_, index});
    std::push_heap(heap_.begin(), heap_.end());
    return (std::uint64_t{index} << 32) | (place.generation + 1U);
}

void world::cancel(event_id event)
{
    const auto index = static_cast<std::size_t>(event >> 32);
    if (event == 0 || index >= slots_.size())
        return;
    auto& place = slots_[index];
    if (!place.used || place.generation + 1U != static_cast<std::uint32_t>(event))
        return;
    // Its place stays taken until its time comes; what it would have done goes at once.
    const auto dropped = std::exchange(place.work, nullptr);
    ++place.generation;
}

void world::release(std::uint32_t index)
{
    if (index >= slots_.size())
        return; // the world is ending
    auto& place = slots_[index];
    const auto dropped = std::exchange(place.work, nullptr);
    auto& again = slots_[index]; // dropping may have arranged more
    again.used = false;
    ++again.generation;
    free_.push_back(index);
}

bool world::step()
{
    if (heap_.empty())
        return false;
    std::pop_heap(heap_.begin(), heap_.end());
    const auto next = heap_.back();
    heap_.pop_back();
    now_ = next.when;
    auto& place = slots_[next.slot];
    if (place.where != nullptr && place.work) {
        if (!place.where->alive_ || place.where->life_ != place.life) {
            release(next.slot);
            return true;
        }
        if (place.where->paused_) {
            place.where->backlog_.push_back(next.slot);
            return true;
        }
    }
    happen(next.slot);
    return true;
}

void world::happen(std::uint32_t index)
{
    auto& place = slots_[index];
    auto* const where = place.where;
    const auto work = std::exchange(place.work, nullptr);
    release(index);
    if (!work)
        return; // cancelled
    ++happened_;
    work();
    if (where != nullptr && where->runs())
        where->settle();
    if (after_each)
        after_each();
}

void world::run_until(time_point end)
{
    stopped_ = false;
    while (!stopped_ && !heap_.empty() && heap_.front().when <= end)
        step();
    if (!stopped_)
        now_ = std::max(now_, end);
}

void world::mix(std::uint64_t value) noexcept
{
    hash_ = (hash_ ^ value) * 0x100000001b3;
    hash_ ^= hash_ >> 29;
}

void world::note(std::string_view what, std::string_view who, std::uint64_t a, std::uint64_t b)
{
    mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    for (const auto& text : {what, who}) {
        std::uint64_t sum = text.size();
        for (const char c : text)
            sum = sum * 31 + static_cast<unsigned char>(c);
        mix(sum);
    }
    mix(a);
    mix(b);
    if (narrator)
        tell(who, std::string(what) + "  " + std::to_string(a) + " " + std::to_string(b));
}

void world::tell(std::string_view who, const std::string& what) const
{
    std::array<char, 32> time{};
    const auto since = now_ - time_point(std::chrono::seconds(1'000));
    std::snprintf(
        time.data(), time.size(), "%12.6f  ", std::chrono::duration<double>(since).count());
    narrator(time.data() + std::string(who) + "  " + what);
}

} // namespace paddock::simulation
