#include "product_cache.hpp"

#include <utility>

namespace cache_producer {

namespace {

// Tokens and stamps are compared as texts of fixed width: as numbers they would be doubles, and a
// token passes 2^53 once an ensemble has had 2^21 elections.

/// KEYS: entry, fence. ARGV: token.
constexpr std::string_view read_script = R"lua(
if ARGV[1] < (redis.call('GET', KEYS[2]) or '') then
    return {'fenced'}
end
redis.call('SET', KEYS[2], ARGV[1])
local stamp = redis.call('HGET', KEYS[1], 'stamp')
if not stamp then
    return {'empty'}
end
return {'entry', stamp, redis.call('HGET', KEYS[1], 'payload')}
)lua";

/// KEYS: entry, fence, log. ARGV: token, stamp, payload, product id, instance.
/// The record in the log is the auditor's; a service would leave that line out.
constexpr std::string_view write_script = R"lua(
local verdict = 'written'
if ARGV[1] < (redis.call('GET', KEYS[2]) or '') then
    verdict = 'fenced'
else
    redis.call('SET', KEYS[2], ARGV[1])
    if ARGV[2] <= (redis.call('HGET', KEYS[1], 'stamp') or '') then
        verdict = 'stale'
    else
        redis.call('HSET', KEYS[1], 'stamp', ARGV[2], 'payload', ARGV[3])
    end
end
redis.call('XADD', KEYS[3], '*', 'verdict', verdict, 'product', ARGV[4], 'token', ARGV[1],
           'stamp', ARGV[2], 'instance', ARGV[5])
return verdict
)lua";

/// The same without any question asked.
constexpr std::string_view write_blindly_script = R"lua(
redis.call('HSET', KEYS[1], 'stamp', ARGV[2], 'payload', ARGV[3])
redis.call('XADD', KEYS[3], '*', 'verdict', 'written', 'product', ARGV[4], 'token', ARGV[1],
           'stamp', ARGV[2], 'instance', ARGV[5])
return 'written'
)lua";

// The braces keep both keys of a product in one slot of a Redis cluster.
std::string entry_key(std::string_view id)
{
    return "product:{" + std::string(id) + "}";
}

std::string fence_key(std::string_view id)
{
    return "fence:{" + std::string(id) + "}";
}

verdict verdict_from(std::string_view text)
{
    for (const auto value : {verdict::written, verdict::stale, verdict::fenced}) {
        if (text == to_string(value))
            return value;
    }
    throw redis_error("the script answered '" + std::string(text) + "'");
}

} // namespace

std::string_view to_string(verdict value) noexcept
{
    switch (value) {
    case verdict::written:
        return "written";
    case verdict::stale:
        return "stale";
    case verdict::fenced:
        return "fenced";
    }
    return "?";
}

product_cache::product_cache(redis_address address, std::string instance)
    : redis_(std::move(address)), instance_(std::move(instance))
{
}

std::optional<cached_entry> product_cache::peek(std::string_view id)
{
    const auto answer = redis_.command({"HMGET", entry_key(id), "stamp", "payload"});
    if (answer.items.at(0).nil)
        return std::nullopt;
    return cached_entry{answer.items[0].text, answer.items.at(1).text};
}

locked_read product_cache::read_locked(std::string_view id, paddock::token held)
{
    const auto answer =
        run(read_sha_, read_script, {"2", entry_key(id), fence_key(id), held.text()});
    const auto& kind = answer.items.at(0).text;
    if (kind != "entry")
        return {kind == "fenced", std::nullopt};
    return {false, cached_entry{answer.items.at(1).text, answer.items.at(2).text}};
}

verdict product_cache::write_if_newer(const product_row& row, paddock::token held)
{
    const auto answer = run(write_sha_,
                            write_script,
                            {"3",
                             entry_key(row.id),
                             fence_key(row.id),
                             write_log,
                             held.text(),
                             stamp_of(row),
                             row.payload,
                             row.id,
                             instance_});
    return verdict_from(answer.text);
}

void product_cache::write_blindly(const product_row& row, paddock::token held)
{
    run(write_blindly_sha_,
        write_blindly_script,
        {"3",
         entry_key(row.id),
         fence_key(row.id),
         write_log,
         held.text(),
         stamp_of(row),
         row.payload,
         row.id,
         instance_});
}

void product_cache::evict(std::string_view id)
{
    redis_.command({"DEL", entry_key(id)});
}

redis_value
product_cache::run(std::string& sha, std::string_view script, redis_words keys_and_arguments)
{
    if (sha.empty())
        sha = redis_.command({"SCRIPT", "LOAD", std::string(script)}).text;
    keys_and_arguments.insert(keys_and_arguments.begin(), {"EVALSHA", sha});
    try {
        return redis_.command(keys_and_arguments);
    } catch (const redis_error& error) {
        if (std::string_view(error.what()).find("NOSCRIPT") == std::string_view::npos)
            throw;
        keys_and_arguments[0] = "EVAL"; // Redis was restarted; it executed nothing
        keys_and_arguments[1] = script;
        return redis_.command(keys_and_arguments);
    }
}

} // namespace cache_producer
