#include <catch2/catch_test_macros.hpp>

#ifdef CACHE_PRODUCER_KAFKA

#include "kafka_source.hpp"

#include <optional>

using namespace cache_producer;

namespace {

std::optional<std::int64_t> commit_at(std::int64_t offset)
{
    return offset;
}

} // namespace

TEST_CASE("an offset is committed when all before it are done", "[unit][kafka]")
{
    offset_tracker tracker;
    for (const std::int64_t offset : {10, 11, 12})
        tracker.start(offset);

    CHECK(tracker.finish(11) == std::nullopt); // 10 is open
    CHECK(tracker.finish(10) == commit_at(12));
    CHECK(tracker.finish(12) == commit_at(13));
    CHECK(tracker.finish(12) == std::nullopt); // twice is once
    CHECK(tracker.size() == 0);
}

TEST_CASE("offsets have gaps, and what is behind one is committed all the same", "[unit][kafka]")
{
    offset_tracker tracker;
    tracker.start(3);
    tracker.start(9); // between them: a transaction's marks, or what compaction took

    CHECK(tracker.finish(3) == commit_at(9));
    CHECK(tracker.finish(9) == commit_at(10));
}

#endif
