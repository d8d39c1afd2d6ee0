#include "src/pending_calls.hpp"

#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace paddock::fuzz {
namespace {

using detail::nanoseconds;
using detail::time_point;
using calls = detail::pending_calls<int>;

class model {
public:
    explicit model(input bytes) : bytes_(bytes) {}

    void run()
    {
        while (!bytes_.empty()) {
            step();
            check();
        }
    }

private:
    struct call {
        time_point sent;
        time_point deadline;
        int handler;
    };

    void step()
    {
        switch (bytes_.below(8)) {
        case 0:
        case 1:
        case 2:
            add(std::chrono::milliseconds(bytes_.byte()));
            break;
        case 3:
            add(nanoseconds::max() - nanoseconds(bytes_.byte())); // for ever, or nearly
            break;
        case 4:
        case 5:
            take(1 + bytes_.below(64));
            break;
        case 6:
            now_ += std::chrono::milliseconds(bytes_.byte());
            break;
        default:
            if (bytes_.below(4) == 3)
                take_all();
            break;
        }
    }

    void add(nanoseconds patience)
    {
        const auto number = calls_.add(now_, patience, ++handlers_);
        require(number > last_, "numbers rise");
        last_ = number;
        const auto left = time_point::max() - now_;
        pending_.emplace(
            number, call{now_, patience < left ? now_ + patience : time_point::max(), handlers_});
    }

    void take(calls::number number)
    {
        const auto expected = pending_.extract(number);
        const auto taken = calls_.take(number);
        require(taken.has_value() == !expected.empty(), "a call is taken once");
        if (taken)
            same(*taken, expected.mapped());
    }

    void take_all()
    {
        const auto all = calls_.take_all();
        require(all.size() == pending_.size(), "all are taken");
        auto expected = pending_.begin();
        for (const auto& one : all)
            same(one, (expected++)->second);
        pending_.clear();
    }

    static void same(const calls::call& taken, const call& expected)
    {
        require(taken.sent == expected.sent && taken.deadline == expected.deadline &&
                    taken.handler == expected.handler,
                "what is taken is what was added, in the order of sending");
    }

    void check() const
    {
        auto earliest = time_point::max();
        for (const auto& [number, one] : pending_)
            earliest = std::min(earliest, one.deadline);
        require(calls_.size() == pending_.size() && calls_.empty() == pending_.empty(),
                "what waits is counted");
        require(calls_.earliest_deadline() == earliest, "the earliest deadline is the least");
        require(calls_.oldest_sent() ==
                    (pending_.empty() ? time_point::max() : pending_.begin()->second.sent),
                "the oldest is the first that was sent");
    }

    input bytes_;
    calls calls_;
    std::map<calls::number, call> pending_;
    time_point now_{std::chrono::hours(1)};
    calls::number last_{0};
    int handlers_{0};
};

} // namespace

void pending_calls(input bytes)
{
    model(bytes).run();
}

} // namespace paddock::fuzz
