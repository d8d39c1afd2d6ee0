#include "demo/traffic.hpp"

#include "stoppable_wait.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace cache_producer {

namespace {

constexpr auto stream = "changes";
constexpr auto group = "producers";

/// Products of which a change is as likely as of all the others together.
constexpr std::size_t hot_products = 20;
constexpr std::size_t reserved_products = 2;

/// Events that are in flight between the change and the queue: how far they can overtake.
constexpr std::size_t window_size = 64;

/// Far more would only lie there: the changes are to happen while they are handled.
constexpr std::size_t undelivered_max = 1'000;
constexpr std::size_t batch_max = 16;

/// Changes of the same millisecond, so that versions have ties to decide.
constexpr std::size_t changes_per_ms = 8;
constexpr std::int64_t first_modify_time = 1'700'000'000'000;

std::string product_id(std::size_t number)
{
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "p%04zu", number);
    return text.data();
}

/// An id is `milliseconds-number`; as texts `2-9` and `2-10` would stand the wrong way round.
std::pair<std::uint64_t, std::uint64_t> stream_position(const std::string& id)
{
    const auto dash = id.find('-');
    return {std::stoull(id.substr(0, dash)), std::stoull(id.substr(dash + 1))};
}

std::string payload_of(const std::string& id, std::int64_t version)
{
    return R"({"id":")" + id + R"(","price":)" + std::to_string(100 + version * 7 % 900) +
           R"(,"text":"version )" + std::to_string(version) + "\"}";
}

} // namespace

std::string product_to_kill_in(const traffic_config& config)
{
    return product_id(config.products - 1);
}

std::string product_to_stop_in(const traffic_config& config)
{
    return product_id(config.products);
}

traffic::traffic(traffic_config config, redis_address redis, const std::filesystem::path& store)
    : config_(config), redis_(redis), cache_(redis, "demo"), store_(store), random_(config.seed)
{
    for (std::size_t i = 1; i <= config_.products; ++i)
        rows_.push_back({product_id(i), first_modify_time, 1, payload_of(product_id(i), 1)});
}

void traffic::create_products()
{
    for (const auto& row : rows_)
        store_.write(row);
}

void traffic::run(traffic_control& control, const std::stop_token& stop)
{
    for (std::size_t i = 0; i < config_.changes; ++i) {
        if (!wait_for_turn(i, control, stop))
            return;
        change_something(i);
        disturb(i);
        if (i == config_.changes / 20)
            queue_unprocessable();
        publish_some(window_size);
        ++control.published;
    }
    publish_some(0);
    flush();
}

published_change traffic::change_now(const std::string& id)
{
    auto row = store_.read(id).value();
    row.modify_time += 1;
    row.version += 1;
    row.payload = payload_of(id, row.version);
    store_.write(row);
    const auto added = redis_.command({"XADD", stream, "*", "body", to_json({id, row.version})});
    return {std::move(row), added.text};
}

std::size_t traffic::read_missing()
{
    std::size_t missing = 0;
    for (const auto& row : rows_) {
        if (cache_.peek(row.id))
            continue;
        ++missing;
        redis_.command({"RPUSH", "reads", row.id});
    }
    return missing;
}

void traffic::change_something(std::size_t number)
{
    const auto all = config_.products - reserved_products;
    const auto hot = std::min(hot_products, all);
    auto& row = rows_[below(2) == 0 ? below(hot) : below(all)];
    row.modify_time = first_modify_time + static_cast<std::int64_t>(1 + number / changes_per_ms);
    row.version += 1;
    row.payload = payload_of(row.id, row.version);
    store_.write(row);

    window_.push_back(to_json({row.id, row.version}));
    if (below(10) == 0) { // at least once is sometimes twice
        window_.push_back(window_.back());
        ++counts_.duplicates;
    }
}

void traffic::queue_unprocessable()
{
    window_.emplace_back("this is no change event");
    window_.emplace_back(R"({"productId": 7})");
    window_.push_back(to_json({"p-unknown-1", 1}));
    window_.push_back(to_json({"p-unknown-2", 1}));
    counts_.unprocessable += 4;
}

void traffic::disturb(std::size_t number)
{
    const auto& row = rows_[below(config_.products - reserved_products)];
    if (number % 25 == 0) {
        cache_.evict(row.id);
        ++counts_.evictions;
    }
    if (number % 5 == 0) { // each eviction is followed by a read of what was evicted
        batch_.push_back({"RPUSH", "reads", row.id});
        ++counts_.reads;
    }
}

void traffic::publish_some(std::size_t kept)
{
    while (window_.size() > kept) {
        std::swap(window_[below(window_.size())], window_.back());
        batch_.push_back({"XADD", stream, "*", "body", std::move(window_.back())});
        window_.pop_back();
        ++counts_.events;
        if (batch_.size() >= batch_max)
            flush();
    }
}

void traffic::flush()
{
    if (!batch_.empty())
        redis_.pipeline(batch_);
    batch_.clear();
}

std::size_t traffic::below(std::size_t limit)
{
    // Not a standard distribution: those may give other numbers with another library.
    return static_cast<std::size_t>(random_() % limit);
}

bool traffic::wait_for_turn(std::size_t number,
                            traffic_control& control,
                            const std::stop_token& stop)
{
    using namespace std::chrono_literals;
    if (number >= control.allowed)
        flush(); // nothing is kept back while waiting
    while (number >= control.allowed || stop.stop_requested()) {
        if (!wait_or_stop(stop, 10ms))
            return false;
    }
    if (const unsigned most = control.per_second_max; most != 0) {
        flush();
        return wait_or_stop(stop, 1'000'000us / most);
    }
    while (number % batch_max == 0 && backlog_of(redis_).undelivered > undelivered_max) {
        if (!wait_or_stop(stop, 5ms))
            return false;
    }
    return true;
}

bool is_acknowledged(redis_connection& redis, const std::string& message_id)
{
    for (const auto& one : redis.command({"XINFO", "GROUPS", stream}).items) {
        if (one.field("name").text == group &&
            stream_position(one.field("last-delivered-id").text) < stream_position(message_id))
            return false; // not delivered yet
    }
    return redis.command({"XPENDING", stream, group, message_id, message_id, "1"}).items.empty();
}

backlog backlog_of(redis_connection& redis)
{
    const auto groups = redis.command({"XINFO", "GROUPS", stream});
    backlog found;
    for (const auto& one : groups.items) {
        if (one.field("name").text != group)
            continue;
        found.undelivered = static_cast<std::size_t>(one.field("lag").number);
        found.pending = static_cast<std::size_t>(one.field("pending").number);
        found.delivered = static_cast<std::size_t>(one.field("entries-read").number);
    }
    return found;
}

} // namespace cache_producer
