#include "redis_stream_source.hpp"

#include <algorithm>
#include <utility>

namespace cache_producer {

namespace {

/// How many idle messages one look claims, and how often an instance looks. Several instances look,
/// so that some 300 messages a second can be taken over from a dead one.
constexpr std::size_t claimed_max = 64;
constexpr std::chrono::milliseconds claim_interval{500};

/// An entry is `[id, [name, value, ...]]`; its fields are nil if it was deleted from the stream.
std::optional<message> message_of(const redis_value& entry)
{
    if (entry.items.size() != 2 || entry.items[1].nil)
        return std::nullopt;
    return message{entry.items[0].text, entry.items[1].field("body").text, 1};
}

} // namespace

redis_stream_source::redis_stream_source(redis_stream_config config)
    : config_(std::move(config)), reader_(config_.redis), writer_(config_.redis)
{
    try {
        reader_.command({"XGROUP", "CREATE", config_.stream, config_.group, "0", "MKSTREAM"});
    } catch (const redis_error& error) {
        if (std::string_view(error.what()).find("BUSYGROUP") == std::string_view::npos)
            throw;
    }
}

std::optional<message> redis_stream_source::receive(std::chrono::milliseconds wait)
{
    const std::lock_guard lock(reading_);
    if (ready_.empty() && std::chrono::steady_clock::now() >= next_claim_) {
        next_claim_ = std::chrono::steady_clock::now() + claim_interval;
        claim_idle();
    }
    if (ready_.empty())
        read_new(wait);
    if (ready_.empty())
        return std::nullopt;
    auto next = std::move(ready_.front());
    ready_.pop_front();
    return next;
}

void redis_stream_source::acknowledge(const message& done)
{
    const std::lock_guard lock(writing_);
    writer_.command({"XACK", config_.stream, config_.group, done.id});
}

void redis_stream_source::retry_later(const message&)
{
    // It is pending and becomes idle: whoever looks first after `claim_after` gets it.
}

void redis_stream_source::dead_letter(const message& failed, std::string_view reason)
{
    const std::lock_guard lock(writing_);
    writer_.pipeline({{"MULTI"},
                      {"XADD",
                       config_.stream + ":dead",
                       "*",
                       "body",
                       failed.body,
                       "reason",
                       std::string(reason),
                       "deliveries",
                       std::to_string(failed.deliveries),
                       "id",
                       failed.id},
                      {"XACK", config_.stream, config_.group, failed.id},
                      {"EXEC"}});
}

void redis_stream_source::read_new(std::chrono::milliseconds wait)
{
    // Zero would block for ever.
    const auto block = std::max(wait, std::chrono::milliseconds(1));
    const auto answer = reader_.command({"XREADGROUP",
                                         "GROUP",
                                         config_.group,
                                         config_.consumer,
                                         "COUNT",
                                         std::to_string(config_.batch),
                                         "BLOCK",
                                         std::to_string(block.count()),
                                         "STREAMS",
                                         config_.stream,
                                         ">"});
    for (const auto& stream : answer.items) {
        for (const auto& entry : stream.items.at(1).items) {
            if (auto next = message_of(entry))
                ready_.push_back(std::move(*next));
        }
    }
}

void redis_stream_source::claim_idle()
{
    const auto answer = reader_.command({"XAUTOCLAIM",
                                         config_.stream,
                                         config_.group,
                                         config_.consumer,
                                         std::to_string(config_.claim_after.count()),
                                         claim_cursor_,
                                         "COUNT",
                                         std::to_string(claimed_max)});
    claim_cursor_ = answer.items.at(0).text;
    std::deque<message> claimed;
    for (const auto& entry : answer.items.at(1).items) {
        if (auto next = message_of(entry))
            claimed.push_back(std::move(*next));
    }
    if (!claimed.empty())
        count_deliveries(claimed);
    ready_ = std::move(claimed);
}

void redis_stream_source::count_deliveries(std::deque<message>& claimed)
{
    std::vector<redis_words> questions; // XAUTOCLAIM counts deliveries up and does not tell
    for (const auto& each : claimed)
        questions.push_back({"XPENDING", config_.stream, config_.group, each.id, each.id, "1"});
    const auto answers = reader_.pipeline(questions);
    for (std::size_t i = 0; i < claimed.size(); ++i) {
        if (!answers[i].items.empty()) // [[id, consumer, idle, deliveries]]
            claimed[i].deliveries = static_cast<unsigned>(answers[i].items[0].items.at(3).number);
    }
}

} // namespace cache_producer
