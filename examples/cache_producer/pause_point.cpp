#include "pause_point.hpp"

#include <nlohmann/json.hpp>

namespace cache_producer {

namespace {

/// Longer than the demo ever keeps an instance; ends the wait if the demo has died.
constexpr std::chrono::seconds pause_max{120};

std::string name(std::string_view what, std::string_view product)
{
    return "pause:" + std::string(what) + ":" + std::string(product);
}

/// Takes from a list, looking at `stop` once a second.
std::optional<std::string> take(redis_connection& redis,
                                const std::string& list,
                                std::chrono::seconds limit,
                                const std::stop_token& stop)
{
    for (auto waited = std::chrono::seconds(0); waited < limit && !stop.stop_requested();
         ++waited) {
        const auto answer = redis.command({"BLPOP", list, "1"});
        if (!answer.nil)
            return answer.items.at(1).text;
    }
    return std::nullopt;
}

} // namespace

void arm_pause(redis_connection& redis, std::string_view product)
{
    redis.command({"SET", name("armed", product), "1"});
}

std::optional<paused_section> wait_paused(redis_connection& redis,
                                          std::string_view product,
                                          std::chrono::seconds limit,
                                          const std::stop_token& stop)
{
    const auto text = take(redis, name("paused", product), limit, stop);
    if (!text)
        return std::nullopt;
    const auto json = nlohmann::json::parse(*text);
    return paused_section{json.at("instance").get<std::string>(),
                          json.at("pid").get<pid_t>(),
                          paddock::token(json.at("token").get<std::int64_t>())};
}

void resume_paused(redis_connection& redis, std::string_view product)
{
    redis.command({"RPUSH", name("resume", product), "1"});
}

std::optional<std::string> wait_resumed(redis_connection& redis,
                                        std::string_view product,
                                        std::chrono::seconds limit,
                                        const std::stop_token& stop)
{
    return take(redis, name("resumed", product), limit, stop);
}

bool pause_if_armed(redis_connection& redis, std::string_view product, const paused_section& self)
{
    if (redis.command({"GETDEL", name("armed", product)}).nil)
        return false;
    const nlohmann::json json{
        {"instance", self.instance}, {"pid", self.pid}, {"token", self.held.value()}};
    redis.command({"RPUSH", name("paused", product), json.dump()});
    take(redis, name("resume", product), pause_max, {});
    return true;
}

void report_resumed(redis_connection& redis, std::string_view product, std::string_view became)
{
    redis.command({"RPUSH", name("resumed", product), std::string(became)});
}

} // namespace cache_producer
