#include "test/checker/wing_gong.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_set>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;
using indices = std::vector<std::size_t>;

// The state of a mutex: nobody's, or its owner's.
using mutex_state = std::optional<std::uint64_t>;

// Makes the call; false, and no change, when a mutex in this state would not answer so.
bool make_call(mutex_state& state, const operation& call)
{
    if (call.what == lock_call::busy)
        return state.has_value();
    const bool frees = call.what == lock_call::unlock;
    if (frees ? state != call.owner : state.has_value())
        return false;
    state = frees ? mutex_state{} : call.owner;
    return true;
}

// Which calls are done, and the state they led to.
struct configuration {
    std::vector<std::uint64_t> done; // one bit a call
    mutex_state state;

    bool operator==(const configuration&) const = default;
};

struct configuration_hash {
    std::size_t operator()(const configuration& one) const
    {
        std::uint64_t sum = one.state.value_or(0) + (one.state ? 1 : 0);
        for (const auto word : one.done)
            sum = (sum ^ word) * 0x9E3779B97F4A7C15U + (sum >> 29U);
        return static_cast<std::size_t>(sum);
    }
};

// Begins and returns of the calls of one key in order of time, as a list from which calls that are
// done are lifted, and put back when that led nowhere.
class search {
public:
    search(std::span<const operation> calls, std::uint64_t steps_max)
        : calls_(calls), steps_left_(steps_max)
    {
        make_list();
        now_.done.resize((calls.size() + 63) / 64);
    }

    verdict run()
    {
        auto at = next_[head];
        while (open_ > 0) {
            if (steps_left_-- == 0)
                return verdict::undecided;
            if (at != head && is_begin(at)) {
                at = try_call(at) ? next_[head] : next_[at];
                continue;
            }
            // A return: its call has to be done before anything that begins later. (Or the end: all
            // that is left never returned, but something that did was not possible.)
            if (trail_.empty())
                return verdict::unexplained;
            at = undo();
        }
        return verdict::explained;
    }

    indices order() const
    {
        indices result;
        for (const auto& [call, state] : trail_)
            result.push_back(call);
        return result;
    }

private:
    // Places in the list: 0 is both ends, then come begins and returns of the calls in turn.
    static constexpr std::size_t head = 0;
    static std::size_t begin_of(std::size_t call) { return 2 * call + 1; }
    static std::size_t return_of(std::size_t call) { return 2 * call + 2; }
    static std::size_t call_at(std::size_t place) { return (place - 1) / 2; }
    static bool is_begin(std::size_t place) { return place % 2 == 1; }

    bool returned(std::size_t call) const { return calls_[call].end != operation::never; }

    nanoseconds time_of(std::size_t place) const
    {
        const auto& call = calls_[call_at(place)];
        return is_begin(place) ? call.begin : call.end;
    }

    void make_list()
    {
        indices places;
        for (std::size_t call = 0; call < calls_.size(); ++call) {
            places.push_back(begin_of(call));
            if (!returned(call))
                continue;
            places.push_back(return_of(call));
            ++open_;
        }
        // At one time begins come first: what may have overlapped is taken to have overlapped.
        std::sort(places.begin(), places.end(), [this](std::size_t a, std::size_t b) {
            return std::tuple(time_of(a), !is_begin(a), a) <
                   std::tuple(time_of(b), !is_begin(b), b);
        });
        next_.resize(2 * calls_.size() + 1);
        previous_.resize(next_.size());
        std::size_t last = head;
        for (const auto place : places) {
            next_[last] = place;
            previous_[place] = last;
            last = place;
        }
        next_[last] = head;
        previous_[head] = last;
    }

    void lift(std::size_t place)
    {
        next_[previous_[place]] = next_[place];
        previous_[next_[place]] = previous_[place];
    }

    void put_back(std::size_t place)
    {
        next_[previous_[place]] = place;
        previous_[next_[place]] = place;
    }

    void flip(std::size_t call) { now_.done[call / 64] ^= std::uint64_t{1} << (call % 64); }

    bool try_call(std::size_t place)
    {
        const auto call = call_at(place);
        const auto before = now_.state;
        if (!make_call(now_.state, calls_[call]))
            return false;
        flip(call);
        if (!seen_.insert(now_).second) {
            flip(call);
            now_.state = before;
            return false;
        }
        trail_.push_back({call, before});
        lift(place);
        if (returned(call)) {
            lift(return_of(call));
            --open_;
        }
        return true;
    }

    // Takes the last call back; the place to go on from.
    std::size_t undo()
    {
        const auto [call, before] = trail_.back();
        trail_.pop_back();
        if (returned(call)) { // in the reverse order of lifting
            put_back(return_of(call));
            ++open_;
        }
        put_back(begin_of(call));
        flip(call);
        now_.state = before;
        return next_[begin_of(call)];
    }

    struct done_call {
        std::size_t call;
        mutex_state before;
    };

    std::span<const operation> calls_;
    std::uint64_t steps_left_;
    indices next_;
    indices previous_;
    std::size_t open_{0}; // calls that returned and are not done
    configuration now_;
    std::vector<done_call> trail_;
    std::unordered_set<configuration, configuration_hash> seen_;
};

// The calls of one key, with their places among all operations.
struct key_calls {
    std::vector<operation> calls;
    indices places;
};

// The call before its answer was known. A try_lock may then still take the mutex, or change nothing
// and so need no place in an order.
operation unanswered(operation call)
{
    call.end = operation::never;
    if (call.what == lock_call::busy)
        call.what = lock_call::taken;
    return call;
}

// What was known when the return at `last` had just come.
key_calls prefix_until(const key_calls& all, nanoseconds last)
{
    key_calls prefix;
    for (std::size_t n = 0; n < all.calls.size(); ++n) {
        auto call = all.calls[n];
        if (call.begin > last)
            continue;
        if (call.end > last)
            call = unanswered(call);
        prefix.calls.push_back(call);
        prefix.places.push_back(all.places[n]);
    }
    return prefix;
}

// Of a history without an explanation no longer one has any, so the first return that cannot be
// explained is found by halving.
verdict find_prefix(const key_calls& all, std::uint64_t steps_max, explanation& result)
{
    indices returns;
    for (std::size_t n = 0; n < all.calls.size(); ++n)
        if (all.calls[n].end != operation::never)
            returns.push_back(n);
    std::sort(returns.begin(), returns.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(all.calls[a].end, a) < std::tie(all.calls[b].end, b);
    });
    bool undecided = false;
    const auto first = std::partition_point(returns.begin(), returns.end(), [&](std::size_t n) {
        const auto prefix = prefix_until(all, all.calls[n].end);
        const auto found = search(prefix.calls, steps_max).run();
        undecided = undecided || found == verdict::undecided;
        return found == verdict::explained;
    });
    if (undecided || first == returns.end())
        return verdict::undecided;
    result.prefix = prefix_until(all, all.calls[*first].end).places;
    result.impossible = all.places[*first];
    return verdict::unexplained;
}

verdict explain_key(const key_calls& all, std::uint64_t steps_max, explanation& result)
{
    search orders(all.calls, steps_max);
    const auto found = orders.run();
    if (found == verdict::unexplained)
        return find_prefix(all, steps_max, result);
    if (found == verdict::explained)
        for (const auto call : orders.order())
            result.order.push_back(all.places[call]);
    return found;
}

std::map<key_id, key_calls> by_key(std::span<const operation> operations)
{
    indices sorted(operations.size());
    std::iota(sorted.begin(), sorted.end(), std::size_t{0});
    std::stable_sort(sorted.begin(), sorted.end(), [&](std::size_t a, std::size_t b) {
        return operations[a].begin < operations[b].begin;
    });
    std::map<key_id, key_calls> parts;
    for (const auto n : sorted) {
        const auto& call = operations[n];
        auto& part = parts[call.key];
        part.calls.push_back(call.end == operation::never ? unanswered(call) : call);
        part.places.push_back(n);
    }
    return parts;
}

} // namespace

explanation explain(std::span<const operation> operations, std::uint64_t steps_max)
{
    explanation result;
    for (const auto& [key, part] : by_key(operations)) {
        result.found = explain_key(part, steps_max, result);
        if (result.found != verdict::explained) {
            result.order.clear();
            return result;
        }
    }
    return result;
}

} // namespace paddock::checker
