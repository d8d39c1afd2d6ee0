#include "test/checker/good_history.hpp"

#include "test/unit/chance.hpp"

#include <algorithm>

namespace paddock::checker {

namespace {

using std::chrono::nanoseconds;

// Clients with a fate of their own come after the others, and make one call each.
constexpr client_id first_fated_client = 1'000'000;

enum class course { plain, lost, killed, stopped };

// Tells the calls of one key in the order of their arrival, which is the order of their grants.
class key_teller {
public:
    key_teller(const plan& how, std::size_t number, client_id& fated, history& into)
        : how_(how), fated_(fated), into_(into), number_(number),
          random_(how.seed + static_cast<std::uint32_t>(number)),
          key_(into.key("key/" + std::to_string(number)))
    {
    }

    void call()
    {
        ++arrivals_;
        arrival_ += some(4'500); // a little longer than a hold, so that queues come and go
        // Unique between keys, and rising with the arrivals of each.
        const auto number = arrivals_ * how_.keys + number_;
        token_ = static_cast<std::int64_t>(number);
        event call{event_kind::called, next_client(), key_, number, arrival_};
        granted_ = std::max(arrival_, free_) + some(1'000);
        if (percent(how_.killed_waiting))
            die_waiting(call);
        else if (percent(how_.limited) && is_refused(call))
            return;
        else
            hold(call);
    }

    void finish()
    {
        if (increments_ > 0)
            add(event_kind::final_value, {}, free_, 0, increments_);
    }

private:
    nanoseconds some(std::uint64_t limit) { return nanoseconds(1 + random_.below(limit)); }
    bool percent(unsigned share) { return random_.below(100) < share; }

    client_id next_client() { return static_cast<client_id>(1 + random_.below(how_.clients)); }

    void add(event_kind kind,
             const event& call,
             nanoseconds time,
             std::int64_t token = 0,
             std::int64_t value = 0)
    {
        into_.append({kind, call.client, key_, call.attempt, time, token, value});
    }

    void add_fate(event_kind kind, const event& call, nanoseconds time)
    {
        into_.append({.kind = kind, .client = call.client, .time = time});
    }

    void die_waiting(event call)
    {
        call.client = fated_++;
        into_.append(call);
        add_fate(event_kind::killed, call, arrival_ + some(1'000));
    }

    bool is_refused(event& call)
    {
        call.value = some(20'000).count();
        const auto limit = arrival_ + nanoseconds(call.value);
        if (granted_ < limit)
            return false;
        into_.append(call);
        add(event_kind::refused, call, limit);
        return true;
    }

    course next_course()
    {
        if (percent(how_.lost))
            return course::lost;
        if (percent(how_.killed))
            return course::killed;
        return percent(how_.stopped) ? course::stopped : course::plain;
    }

    void hold(event call)
    {
        const auto fate = next_course();
        if (fate == course::killed || fate == course::stopped)
            call.client = fated_++;
        into_.append(call);
        add(event_kind::granted, call, granted_, token_);
        auto end = granted_ + nanoseconds(10) + some(2'000);
        if (percent(how_.writing))
            write(call, end);
        end_hold(fate, call, end);
    }

    // Between grant and end are ten nanoseconds at least, which is enough for these.
    void write(const event& call, nanoseconds end)
    {
        add(event_kind::written, call, granted_ + nanoseconds(1), token_, ++writes_);
        add(event_kind::increment_sent, call, granted_ + nanoseconds(2));
        if (percent(10)) // in doubt, and made or not
            increments_ += percent(50) ? 1 : 0;
        else if (percent(10))
            add(event_kind::increment_refused, call, granted_ + nanoseconds(3));
        else {
            add(event_kind::incremented, call, end - nanoseconds(1), token_);
            ++increments_;
        }
    }

    void end_hold(course fate, const event& call, nanoseconds end)
    {
        free_ = end;
        if (fate == course::plain)
            return add(event_kind::released, call, end);
        free_ += nanoseconds(5'000); // the ensemble waits for the session to end
        if (fate == course::killed) {
            add(event_kind::believed, call, end);
            return add_fate(event_kind::killed, call, end);
        }
        add(event_kind::lost, call, end);
        if (fate == course::lost)
            return add(event_kind::lost_signalled, call, end + some(5'000));
        stop(call, end);
    }

    void stop(const event& call, nanoseconds end)
    {
        const auto later = free_ + some(20'000);
        add_fate(event_kind::paused, call, end - nanoseconds(1));
        add_fate(event_kind::resumed, call, later);
        add(event_kind::write_refused, call, later + nanoseconds(1), token_);
        add(event_kind::lost_signalled, call, later + nanoseconds(2));
    }

    const plan& how_;
    client_id& fated_;
    history& into_;
    std::size_t number_;
    test::chance random_;
    key_id key_;
    std::uint64_t arrivals_{0};
    nanoseconds arrival_{0};
    nanoseconds granted_{0};
    nanoseconds free_{0}; // when the ensemble can give the key away
    std::int64_t token_{0};
    std::int64_t writes_{0};
    std::int64_t increments_{0};
};

} // namespace

history make_good_history(const plan& how)
{
    history all;
    all.reserve(how.events + how.events / 16);
    client_id fated = first_fated_client;
    std::vector<key_teller> keys;
    for (std::size_t n = 0; n < how.keys; ++n)
        keys.emplace_back(how, n, fated, all);
    while (all.size() < how.events)
        for (auto& key : keys)
            key.call();
    for (auto& key : keys)
        key.finish();
    all.append({.kind = event_kind::quiet, .time = nanoseconds(how.events)});
    all.sort();
    return all;
}

} // namespace paddock::checker
