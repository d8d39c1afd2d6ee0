// One contract, every source: what a producer relies on, whichever queue is behind it.

#include "demo/redis_server.hpp"
#include "message_source.hpp"
#include "redis_stream_source.hpp"
#include "temporary_folder.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#ifdef CACHE_PRODUCER_KAFKA
#include "kafka_source.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdexcept>
#endif

using namespace cache_producer;
using namespace std::chrono_literals;

namespace {

constexpr auto again_after = 300ms;

/// Redis Streams: a server of its own, so that every case begins with an empty stream.
class redis_queue {
public:
    std::unique_ptr<message_source> consumer(const std::string& name)
    {
        return std::make_unique<redis_stream_source>(redis_stream_config{
            .redis = server_.address(), .consumer = name, .claim_after = again_after});
    }

    void publish(const std::string& body)
    {
        connection_.command({"XADD", "changes", "*", "body", body});
    }

    std::vector<std::string> dead_letters()
    {
        std::vector<std::string> bodies;
        for (const auto& entry : connection_.command({"XRANGE", "changes:dead", "-", "+"}).items) {
            CHECK_FALSE(entry.items.at(1).field("reason").text.empty());
            bodies.push_back(entry.items.at(1).field("body").text);
        }
        return bodies;
    }

private:
    temporary_folder folder_;
    redis_server server_{folder_.path()};
    redis_connection connection_{server_.address()};
};

#ifdef CACHE_PRODUCER_KAFKA

/// Kafka: the mock cluster that is part of librdkafka.
class kafka_queue {
public:
    kafka_queue()
    {
        auto* const conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", nullptr, 0);
        handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
        if (!handle_)
            throw std::runtime_error("no mock cluster");
        auto* const cluster = rd_kafka_handle_mock_cluster(handle_.get());
        rd_kafka_mock_topic_create(cluster, "changes", 3, 1);
        rd_kafka_mock_topic_create(cluster, "changes-dead", 1, 1);
        brokers_ = rd_kafka_mock_cluster_bootstraps(cluster);
    }

    std::unique_ptr<message_source> consumer(const std::string&)
    {
        return std::make_unique<kafka_source>(
            kafka_config{.brokers = brokers_, .session_timeout = 6s, .retry_after = again_after});
    }

    void publish(const std::string& body)
    {
        std::array<rd_kafka_vu_t, 3> parts{};
        parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
        parts[0].u.cstr = "changes";
        parts[1].vtype = RD_KAFKA_VTYPE_VALUE;
        parts[1].u.mem = {const_cast<char*>(body.data()), body.size()};
        parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
        parts[2].u.i = RD_KAFKA_MSG_F_COPY;
        REQUIRE(rd_kafka_produceva(handle_.get(), parts.data(), parts.size()) == nullptr);
        REQUIRE(rd_kafka_flush(handle_.get(), 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }

    std::vector<std::string> dead_letters()
    {
        kafka_source reader({.brokers = brokers_, .topic = "changes-dead", .group = "readers"});
        std::vector<std::string> bodies;
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (bodies.empty() && std::chrono::steady_clock::now() < deadline) {
            if (const auto one = reader.receive(200ms))
                bodies.push_back(one->body);
        }
        while (const auto one = reader.receive(500ms)) // and there are no others
            bodies.push_back(one->body);
        return bodies;
    }

private:
    struct closer {
        void operator()(rd_kafka_t* handle) const noexcept { rd_kafka_destroy(handle); }
    };
    std::unique_ptr<rd_kafka_t, closer> handle_;
    std::string brokers_;
};

#endif

/// Waits for a message, also while a group is rebalanced, which takes seconds.
std::optional<message> receive_soon(message_source& source)
{
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
        if (auto one = source.receive(100ms))
            return one;
    }
    return std::nullopt;
}

message must_receive(message_source& source)
{
    const auto one = receive_soon(source);
    REQUIRE(one);
    return *one;
}

} // namespace

#ifdef CACHE_PRODUCER_KAFKA
#define ALL_QUEUES redis_queue, kafka_queue
#else
#define ALL_QUEUES redis_queue

TEST_CASE("the Kafka source keeps the contract", "[kafka]")
{
    SKIP("built without librdkafka");
}
#endif

TEMPLATE_TEST_CASE("an acknowledged message is not delivered again", "[source]", ALL_QUEUES)
{
    TestType queue;
    queue.publish("one");
    {
        const auto source = queue.consumer("p1");
        const auto one = must_receive(*source);
        CHECK(one.body == "one");
        CHECK(one.deliveries == 1);
        source->acknowledge(one);
    }

    queue.publish("two");
    const auto source = queue.consumer("p2");
    CHECK(must_receive(*source).body == "two");
}

TEMPLATE_TEST_CASE("a message whose consumer went away is delivered to another",
                   "[source]",
                   ALL_QUEUES)
{
    TestType queue;
    queue.publish("one");
    {
        const auto source = queue.consumer("p1");
        CHECK(must_receive(*source).body == "one");
    }

    const auto source = queue.consumer("p2");
    CHECK(must_receive(*source).body == "one");
}

TEMPLATE_TEST_CASE("a message that failed is delivered again and counted", "[source]", ALL_QUEUES)
{
    TestType queue;
    queue.publish("one");
    const auto source = queue.consumer("p1");

    for (unsigned delivery = 1; delivery <= 3; ++delivery) {
        const auto one = must_receive(*source);
        CHECK(one.body == "one");
        CHECK(one.deliveries == delivery);
        source->retry_later(one);
    }
}

TEMPLATE_TEST_CASE("a dead letter is kept with its reason and not delivered again",
                   "[source]",
                   ALL_QUEUES)
{
    TestType queue;
    queue.publish("bad");
    const auto source = queue.consumer("p1");
    source->dead_letter(must_receive(*source), "it is bad");

    queue.publish("good");
    CHECK(must_receive(*source).body == "good");
    CHECK(queue.dead_letters() == std::vector<std::string>{"bad"});
}

TEMPLATE_TEST_CASE("a message that failed does not hold up those behind it", "[source]", ALL_QUEUES)
{
    TestType queue;
    queue.publish("bad");
    const auto source = queue.consumer("p1");
    const auto bad = must_receive(*source);
    queue.publish("good");
    source->retry_later(bad);

    std::set<std::string> seen;
    while (seen.size() < 2) {
        const auto one = must_receive(*source);
        seen.insert(one.body);
        if (one.body == "good")
            source->acknowledge(one);
        else
            source->retry_later(one);
    }
}

TEMPLATE_TEST_CASE("consumers of one group share the messages", "[source]", ALL_QUEUES)
{
    TestType queue;
    const auto first = queue.consumer("p1");
    const auto second = queue.consumer("p2");
    for (int i = 0; i < 30; ++i)
        queue.publish(std::to_string(i));

    std::map<std::string, int> seen;
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (seen.size() < 30 && std::chrono::steady_clock::now() < deadline) {
        for (auto* const source : {first.get(), second.get()}) {
            if (const auto one = source->receive(20ms)) {
                ++seen[one->body];
                source->acknowledge(*one);
            }
        }
    }

    CHECK(seen.size() == 30); // at least once: a rebalance may deliver some twice
}
