#include "src/request_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <utility>
#include <vector>

using paddock::detail::reply_code;
using paddock::detail::request_queue;

namespace {

// What became of numbered requests.
struct record {
    std::vector<int> sent;
    std::vector<std::pair<int, reply_code>> rejected;

    request_queue::request numbered(int number)
    {
        return {[this, number] { sent.push_back(number); },
                [this, number](reply_code why) { rejected.emplace_back(number, why); }};
    }
};

constexpr int full = static_cast<int>(request_queue::in_flight_max);

void fill(request_queue& queue, record& seen)
{
    for (int number = 0; number < full; ++number)
        queue.submit(seen.numbered(number));
}

} // namespace

TEST_CASE("a request is sent at once while the pipeline has room", "[unit][request_queue]")
{
    request_queue queue;
    record seen;

    fill(queue, seen);

    CHECK(seen.sent.size() == request_queue::in_flight_max);
    CHECK(queue.size() == 0);
}

TEST_CASE("requests past the limit wait and go out one an answer, in order",
          "[unit][request_queue]")
{
    request_queue queue;
    record seen;
    fill(queue, seen);
    seen.sent.clear();

    for (int number = full; number < full + 3; ++number)
        queue.submit(seen.numbered(number));

    CHECK(seen.sent.empty());
    CHECK(queue.size() == 3);
    queue.answered();
    CHECK(seen.sent == std::vector{full});
    queue.answered();
    queue.answered();
    CHECK(seen.sent == std::vector{full, full + 1, full + 2});
    CHECK(queue.size() == 0);
}

TEST_CASE("an answer with nobody waiting makes room for one more", "[unit][request_queue]")
{
    request_queue queue;
    record seen;
    fill(queue, seen);
    queue.answered();
    seen.sent.clear();

    queue.submit(seen.numbered(1));
    queue.submit(seen.numbered(2));

    CHECK(seen.sent == std::vector{1});
    CHECK(queue.size() == 1);
}

TEST_CASE("rejecting ends what was never sent, in order, and nothing else", "[unit][request_queue]")
{
    request_queue queue;
    record seen;
    fill(queue, seen);
    queue.submit(seen.numbered(full));
    queue.submit(seen.numbered(full + 1));

    queue.reject_all(reply_code::throttled);

    const std::vector<std::pair<int, reply_code>> expected{{full, reply_code::throttled},
                                                           {full + 1, reply_code::throttled}};
    CHECK(seen.rejected == expected);
    CHECK(queue.size() == 0);
    CHECK(seen.sent.size() == request_queue::in_flight_max);
}

TEST_CASE("a request submitted by one that is rejected waits and is not rejected",
          "[unit][request_queue]")
{
    request_queue queue;
    record seen;
    fill(queue, seen);
    queue.submit({[] {}, [&](reply_code) { queue.submit(seen.numbered(full)); }});

    queue.reject_all(reply_code::throttled);

    CHECK(seen.rejected.empty());
    CHECK(queue.size() == 1);
}

TEST_CASE("a request submitted while one is being sent keeps the limit", "[unit][request_queue]")
{
    request_queue queue;
    record seen;
    fill(queue, seen);
    queue.submit({[&] { queue.submit(seen.numbered(full)); }, [](reply_code) {}});
    seen.sent.clear();

    queue.answered(); // sends the one, which submits the other: the pipeline is full again

    CHECK(seen.sent.empty());
    CHECK(queue.size() == 1);
    queue.answered();
    CHECK(seen.sent == std::vector{full});
}
