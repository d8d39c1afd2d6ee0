#include "demo/collect.hpp"

#include "demo/traffic.hpp"
#include "product_store.hpp"
#include "stoppable_wait.hpp"

#include <charconv>

namespace cache_producer {

namespace {

/// Entries of the write log that one answer of Redis carries.
constexpr auto log_page = "2000";

verdict verdict_from(const std::string& text)
{
    for (const auto value : {verdict::stale, verdict::fenced}) {
        if (text == to_string(value))
            return value;
    }
    return verdict::written;
}

std::vector<write_record> read_writes(redis_connection& redis)
{
    std::vector<write_record> writes;
    std::string from = "-";
    for (;;) {
        const auto page =
            redis.command({"XRANGE", product_cache::write_log, from, "+", "COUNT", log_page});
        for (const auto& entry : page.items) {
            const auto& fields = entry.items.at(1);
            const auto& digits = fields.field("token").text;
            std::int64_t token = 0;
            std::from_chars(digits.data(), digits.data() + digits.size(), token);
            writes.push_back(
                {verdict_from(fields.field("verdict").text), fields.field("product").text, token});
        }
        if (page.items.empty())
            return writes;
        from = "(" + page.items.back().items.at(0).text;
    }
}

/// A session that was closed takes its znodes with it, a moment later.
std::vector<std::string>
orphans_left(const ensemble& servers, const std::string& root, std::chrono::milliseconds limit)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        auto left = servers.ephemerals(root);
        if (left.empty() || std::chrono::steady_clock::now() > deadline)
            return left;
        wait_or_stop({}, std::chrono::milliseconds(100));
    }
}

} // namespace

evidence collect(const evidence_places& places,
                 const ensemble& servers,
                 std::chrono::milliseconds znodes_gone_within)
{
    evidence found;
    found.rows = product_store(places.store).read_all();
    product_cache cache(places.redis, "audit");
    for (const auto& row : found.rows) {
        if (auto entry = cache.peek(row.id))
            found.cached.emplace(row.id, std::move(*entry));
    }
    found.sections = read_section_log(places.section_log);

    redis_connection redis(places.redis);
    found.writes = read_writes(redis);
    const auto open = backlog_of(redis);
    found.messages = static_cast<std::size_t>(redis.command({"XLEN", "changes"}).number);
    found.unacked = open.pending + open.undelivered;
    found.dead_letters = static_cast<std::size_t>(redis.command({"XLEN", "changes:dead"}).number);
    found.orphans = orphans_left(servers, places.lock_root, znodes_gone_within);
    return found;
}

} // namespace cache_producer
