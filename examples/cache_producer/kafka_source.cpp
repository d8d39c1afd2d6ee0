#include "kafka_source.hpp"

#include "stoppable_wait.hpp"

#include <algorithm>
#include <array>
#include <librdkafka/rdkafka.h>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace cache_producer {

namespace {

/// How long a dead letter may take to be stored before its message is kept for another try.
constexpr int dead_letter_limit_ms = 10'000;

using settings = std::map<std::string, std::string>;

struct configuration_closer {
    void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
};
using configuration = std::unique_ptr<rd_kafka_conf_t, configuration_closer>;

struct list_closer {
    void operator()(rd_kafka_topic_partition_list_t* list) const noexcept
    {
        rd_kafka_topic_partition_list_destroy(list);
    }
};
using partition_list = std::unique_ptr<rd_kafka_topic_partition_list_t, list_closer>;

struct message_closer {
    void operator()(rd_kafka_message_t* one) const noexcept { rd_kafka_message_destroy(one); }
};

configuration configured(const settings& wanted)
{
    configuration conf(rd_kafka_conf_new());
    std::array<char, 512> why{};
    for (const auto& [name, value] : wanted) {
        if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
            RD_KAFKA_CONF_OK)
            throw std::runtime_error(std::string("kafka: ") + why.data());
    }
    return conf;
}

rd_kafka_t* make_handle(rd_kafka_type_t type, configuration conf)
{
    std::array<char, 512> why{};
    auto* const handle = rd_kafka_new(type, conf.get(), why.data(), why.size());
    if (handle == nullptr)
        throw std::runtime_error(std::string("kafka: ") + why.data());
    static_cast<void>(conf.release()); // it belongs to the handle from here on
    return handle;
}

[[noreturn]] void fail(rd_kafka_resp_err_t error)
{
    throw std::runtime_error(std::string("kafka: ") + rd_kafka_err2str(error));
}

/// Where a message came from. The assignment tells an answer that comes after a rebalance, when the
/// partition may be somebody else's, or ours anew from its last commit.
struct place {
    std::uint64_t assignment{0};
    std::int32_t partition{0};
    std::int64_t offset{0};
};

place place_of(const message& one)
{
    std::istringstream in(one.id);
    place found;
    char separator = 0;
    in >> found.assignment >> separator >> found.partition >> separator >> found.offset;
    return found;
}

/// Called by librdkafka inside `rd_kafka_flush`.
void delivered(rd_kafka_t*, const rd_kafka_message_t* report, void*)
{
    *static_cast<rd_kafka_resp_err_t*>(report->_private) = report->err;
}

} // namespace

void offset_tracker::start(std::int64_t offset)
{
    if (committed_ < 0)
        committed_ = offset; // nothing before our first message is ours to commit
    open_.insert(offset);
    next_ = std::max(next_, offset + 1);
}

std::optional<std::int64_t> offset_tracker::finish(std::int64_t offset)
{
    open_.erase(offset);
    const auto done_before = open_.empty() ? next_ : *open_.begin();
    if (done_before <= committed_)
        return std::nullopt;
    committed_ = done_before;
    return done_before;
}

/// Called by librdkafka inside `rd_kafka_consumer_poll` and `rd_kafka_consumer_close`.
struct kafka_source::callbacks {
    static void rebalance(rd_kafka_t* consumer,
                          rd_kafka_resp_err_t event,
                          rd_kafka_topic_partition_list_t* partitions,
                          void* self)
    {
        static_cast<kafka_source*>(self)->forget_open_messages();
        const bool assigned = event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        rd_kafka_assign(consumer, assigned ? partitions : nullptr);
    }
};

void kafka_source::closer::operator()(rd_kafka_t* handle) const noexcept
{
    rd_kafka_destroy(handle);
}

kafka_source::kafka_source(kafka_config config) : config_(std::move(config))
{
    auto conf = configured({{"bootstrap.servers", config_.brokers},
                            {"group.id", config_.group},
                            {"session.timeout.ms", std::to_string(config_.session_timeout.count())},
                            {"auto.offset.reset", "earliest"},
                            {"enable.auto.commit", "false"}, // we commit what is done
                            // whole assignments, not changes to one: `assignment_` counts them
                            {"partition.assignment.strategy", "range,roundrobin"}});
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_rebalance_cb(conf.get(), &callbacks::rebalance);
    consumer_.reset(make_handle(RD_KAFKA_CONSUMER, std::move(conf)));
    rd_kafka_poll_set_consumer(consumer_.get());

    conf = configured({{"bootstrap.servers", config_.brokers}, {"acks", "all"}});
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &delivered);
    dead_letters_.reset(make_handle(RD_KAFKA_PRODUCER, std::move(conf)));

    const partition_list topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), config_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    const auto error = rd_kafka_subscribe(consumer_.get(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(error);
}

kafka_source::~kafka_source()
{
    rd_kafka_consumer_close(consumer_.get()); // leaves the group at once, not after its time-out
}

std::optional<message> kafka_source::receive(std::chrono::milliseconds wait)
{
    if (auto again = due_retry())
        return again;

    const std::lock_guard lock(polling_);
    if (is_full()) {
        // Not polling is harmless for minutes (max.poll.interval.ms), and a retry is due in
        // seconds.
        wait_or_stop({}, wait);
        return std::nullopt;
    }
    const std::unique_ptr<rd_kafka_message_t, message_closer> received(
        rd_kafka_consumer_poll(consumer_.get(), static_cast<int>(wait.count())));
    if (!received)
        return std::nullopt;
    if (received->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(received->err);
    return started(*received);
}

void kafka_source::acknowledge(const message& done)
{
    const auto from = place_of(done);
    const std::lock_guard lock(state_);
    if (from.assignment != assignment_)
        return; // its present owner acknowledges it
    if (const auto offset = open_[from.partition].finish(from.offset))
        commit(from.partition, *offset);
}

void kafka_source::retry_later(const message& failed)
{
    const std::lock_guard lock(state_);
    if (place_of(failed).assignment != assignment_)
        return;
    retries_.push_back({clock::now() + config_.retry_after, failed});
    ++retries_.back().what.deliveries;
}

void kafka_source::dead_letter(const message& failed, std::string_view reason)
{
    try {
        produce_dead_letter(failed, reason);
    } catch (...) {
        retry_later(failed); // else nobody would ever finish it
        throw;
    }
    acknowledge(failed);
}

std::optional<message> kafka_source::due_retry()
{
    const std::lock_guard lock(state_);
    if (retries_.empty() || retries_.front().due > clock::now())
        return std::nullopt;
    auto what = std::move(retries_.front().what);
    retries_.pop_front();
    return what;
}

bool kafka_source::is_full()
{
    const std::lock_guard lock(state_);
    std::size_t open = 0;
    for (const auto& [partition, offsets] : open_)
        open += offsets.size();
    return open >= config_.open_max;
}

message kafka_source::started(const rd_kafka_message_t& received)
{
    const std::lock_guard lock(state_);
    open_[received.partition].start(received.offset);
    return {std::to_string(assignment_) + ":" + std::to_string(received.partition) + ":" +
                std::to_string(received.offset),
            {static_cast<const char*>(received.payload), received.len},
            1};
}

void kafka_source::commit(std::int32_t partition, std::int64_t offset)
{
    const partition_list list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), config_.topic.c_str(), partition)->offset =
        offset;
    // Not waited for: a commit that is lost means another delivery, and the next one covers it.
    rd_kafka_commit(consumer_.get(), list.get(), 1);
}

void kafka_source::produce_dead_letter(const message& failed, std::string_view reason)
{
    const std::string topic = config_.topic + "-dead";
    auto result = RD_KAFKA_RESP_ERR__IN_PROGRESS;
    std::array<rd_kafka_vu_t, 5> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[1].u.mem = {const_cast<char*>(failed.body.data()), failed.body.size()}; // copied
    parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[2].u.i = RD_KAFKA_MSG_F_COPY;
    parts[3].vtype = RD_KAFKA_VTYPE_HEADER;
    parts[3].u.header = {"reason", reason.data(), static_cast<ssize_t>(reason.size())};
    parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[4].u.ptr = &result;
    if (auto* const error = rd_kafka_produceva(dead_letters_.get(), parts.data(), parts.size())) {
        const auto code = rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
        fail(code);
    }

    rd_kafka_flush(dead_letters_.get(), dead_letter_limit_ms);
    if (result == RD_KAFKA_RESP_ERR__IN_PROGRESS) {
        // Its report must not come when `result` is gone: make it come now.
        rd_kafka_purge(dead_letters_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(dead_letters_.get(), dead_letter_limit_ms);
    }
    if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(result);
}

void kafka_source::forget_open_messages()
{
    const std::lock_guard lock(state_);
    ++assignment_;
    open_.clear();
    retries_.clear();
}

} // namespace cache_producer
