#include "redis.hpp"

#include <charconv>
#include <hiredis/hiredis.h>
#include <sys/time.h>

namespace cache_producer {

namespace {

constexpr timeval connect_limit{5, 0};
/// Longer than any command blocks on purpose: the longest is a BLPOP of one second.
constexpr timeval answer_limit{20, 0};

redis_value value_of(const redisReply& reply)
{
    redis_value value;
    value.nil = reply.type == REDIS_REPLY_NIL;
    value.number = reply.integer;
    if (reply.str != nullptr)
        value.text.assign(reply.str, static_cast<std::size_t>(reply.len));
    for (std::size_t i = 0; i < reply.elements; ++i)
        value.items.push_back(value_of(*reply.element[i]));
    return value;
}

} // namespace

redis_address redis_address_from(std::string_view text)
{
    const auto colon = text.rfind(':');
    int port = 0;
    if (colon != std::string_view::npos)
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    if (port <= 0 || port > 65'535)
        throw std::invalid_argument("expected host:port, got '" + std::string(text) + "'");
    return {std::string(text.substr(0, colon)), port};
}

std::string to_string(const redis_address& address)
{
    return address.host + ":" + std::to_string(address.port);
}

const redis_value& redis_value::field(std::string_view name) const
{
    static const redis_value nothing{true, {}, 0, {}};
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        if (items[i].text == name)
            return items[i + 1];
    }
    return nothing;
}

void redis_connection::closer::operator()(redisContext* context) const noexcept
{
    redisFree(context);
}

redis_connection::redis_connection(redis_address address) : address_(std::move(address)) {}

redis_value redis_connection::command(const redis_words& words)
{
    return std::move(pipeline({words}).front());
}

std::vector<redis_value> redis_connection::pipeline(const std::vector<redis_words>& commands)
{
    if (!context_)
        connect();
    for (const auto& words : commands) {
        std::vector<const char*> texts;
        std::vector<std::size_t> lengths;
        for (const auto& word : words) {
            texts.push_back(word.data());
            lengths.push_back(word.size());
        }
        const int count = static_cast<int>(words.size());
        if (redisAppendCommandArgv(context_.get(), count, texts.data(), lengths.data()) != REDIS_OK)
            fail();
    }

    std::vector<redis_value> answers;
    std::string refusal;
    for (std::size_t i = 0; i < commands.size(); ++i)
        answers.push_back(read_answer(refusal));
    if (!refusal.empty())
        throw redis_error("redis refused: " + refusal);
    return answers;
}

void redis_connection::connect()
{
    context_.reset(redisConnectWithTimeout(address_.host.c_str(), address_.port, connect_limit));
    if (!context_)
        throw redis_error("redis: out of memory");
    if (context_->err != 0)
        fail();
    redisSetTimeout(context_.get(), answer_limit);
}

redis_value redis_connection::read_answer(std::string& refusal)
{
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK)
        fail();
    const std::unique_ptr<void, decltype(&freeReplyObject)> owner(raw, &freeReplyObject);
    const auto& reply = *static_cast<const redisReply*>(raw);
    if (reply.type == REDIS_REPLY_ERROR && refusal.empty())
        refusal.assign(reply.str, static_cast<std::size_t>(reply.len));
    return value_of(reply);
}

void redis_connection::fail()
{
    const std::string reason = context_->errstr;
    context_.reset(); // answers of this connection can no longer be told apart
    throw redis_error("redis " + to_string(address_) + ": " + reason);
}

} // namespace cache_producer
