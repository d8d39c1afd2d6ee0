// Data watches: where they are kept, when they fire, and when they do not.

#include "test/simulation/ensemble_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::simulation;

namespace {

struct two_clients {
    ensemble_fixture fixture;
    std::unique_ptr<scripted_client> watcher;
    std::unique_ptr<scripted_client> writer;

    two_clients()
    {
        REQUIRE(fixture.settle());
        watcher = fixture.connect(fixture.follower(), 40s);
        writer = fixture.connect(fixture.other_follower(), 40s);
        REQUIRE(fixture.ask(*writer, make("/a")).result == code::ok);
        fixture.run(50ms);
    }
    void watch(const char* path)
    {
        REQUIRE(fixture.ask(*watcher, on(op::get, path), true).result == code::ok);
    }
    void write(operation body)
    {
        REQUIRE(fixture.ask(*writer, std::move(body)).result == code::ok);
        fixture.run(50ms);
    }
};

request set_watches(std::vector<std::string> paths, std::int64_t last_zxid)
{
    request wanted;
    wanted.body.what = op::set_watches;
    wanted.paths = std::move(paths);
    wanted.last_zxid = last_zxid;
    return wanted;
}

} // namespace

TEST_CASE("a watch fires once, on a change or on a deletion", "[simulation][ensemble]")
{
    two_clients at;
    at.watch("/a");
    CHECK(at.fixture.servers.watches() == 1);

    at.write(on(op::set_data, "/a"));
    at.write(on(op::set_data, "/a"));
    REQUIRE(at.watcher->events.size() == 1);
    CHECK(at.watcher->events[0].path == "/a");
    CHECK(at.watcher->events[0].what == watch_event::kind::changed);
    CHECK(at.fixture.servers.watches() == 0);

    at.watch("/a");
    at.write(on(op::remove, "/a"));
    REQUIRE(at.watcher->events.size() == 2);
    CHECK(at.watcher->events[1].what == watch_event::kind::deleted);
    CHECK(at.fixture.servers.seen().watches_fired == 2);
    CHECK(at.fixture.servers.seen().woken_by_one_max == 1);
}

TEST_CASE("a read of a missing node leaves no watch", "[simulation][ensemble]")
{
    two_clients at;
    CHECK(at.fixture.ask(*at.watcher, on(op::get, "/b"), true).result == code::no_node);
    CHECK(at.fixture.servers.watches() == 0);
}

TEST_CASE("the event comes before the client can read what caused it", "[simulation][ensemble]")
{
    two_clients at;
    at.watch("/a");
    at.watcher->order.clear();
    at.writer->submit(on(op::remove, "/a"));
    while (at.watcher->events.empty()) {
        at.watcher->submit(on(op::exists, "/a"));
        at.fixture.run(50us);
    }
    at.fixture.run(50ms);

    bool gone = false;
    bool told = false;
    std::size_t read = at.watcher->answers.size() - (at.watcher->order.size() - 1);
    for (const auto& what : at.watcher->order) {
        if (what != "answer") {
            told = true;
            continue;
        }
        gone = at.watcher->answers[read++].result == code::no_node;
        CHECK((!gone || told));
    }
    CHECK(gone);
}

TEST_CASE("an own write fires the event before its answer", "[simulation][ensemble]")
{
    two_clients at;
    at.watch("/a");
    at.watcher->order.clear();
    REQUIRE(at.fixture.ask(*at.watcher, on(op::remove, "/a")).result == code::ok);

    REQUIRE(at.watcher->order.size() == 2);
    CHECK(at.watcher->order[0] == "deleted /a");
}

TEST_CASE("a watch fires when the own server applies the change, not before",
          "[simulation][ensemble]")
{
    two_clients at;
    at.watch("/a");
    at.fixture.net.slow_down(at.fixture.servers.server(at.fixture.leader()),
                             at.fixture.servers.server(at.fixture.follower()),
                             500ms);
    REQUIRE(at.fixture.ask(*at.writer, on(op::remove, "/a")).result == code::ok);

    at.fixture.run(300ms);
    CHECK(at.watcher->events.empty());
    at.fixture.run(400ms);
    CHECK(at.watcher->events.size() == 1);
}

TEST_CASE("a watch that is taken off does not fire", "[simulation][ensemble]")
{
    two_clients at;
    at.watch("/a");
    CHECK(at.fixture.ask(*at.watcher, on(op::unwatch, "/a")).result == code::ok);
    CHECK(at.fixture.servers.watches() == 0);

    at.write(on(op::remove, "/a"));

    CHECK(at.watcher->events.empty());
}

TEST_CASE("watches end with their connection and are set again after a reconnect",
          "[simulation][ensemble]")
{
    two_clients at;
    at.write(make("/b"));
    at.write(make("/c"));
    for (const char* path : {"/a", "/b", "/c"})
        at.watch(path);
    CHECK(at.fixture.servers.watches() == 3);
    at.watcher->hang_up();
    at.fixture.run(50ms);
    CHECK(at.fixture.servers.watches() == 0);
    const auto seen = at.watcher->last_zxid;
    at.write(on(op::set_data, "/a"));
    at.write(on(op::remove, "/b"));
    CHECK(at.watcher->events.empty());

    at.watcher->connect(at.fixture.leader(), 40s);
    at.fixture.run(50ms);
    REQUIRE(at.watcher->connected());
    REQUIRE(at.fixture.ask(*at.watcher, set_watches({"/a", "/b", "/c"}, seen)).result == code::ok);

    REQUIRE(at.watcher->events.size() == 2);
    CHECK(at.watcher->events[0].what == watch_event::kind::changed);
    CHECK(at.watcher->events[1].path == "/b");
    CHECK(at.watcher->events[1].what == watch_event::kind::deleted);
    CHECK(at.fixture.servers.watches() == 1);
    at.write(on(op::remove, "/c"));
    CHECK(at.watcher->events.size() == 3);
}

TEST_CASE("the end of a session wakes who watched its nodes", "[simulation][ensemble]")
{
    two_clients at;
    at.write(make("/q"));
    const auto held = at.fixture.ask(*at.writer, enqueue("/q/a-")).path;
    at.fixture.run(50ms);
    at.watch(held.c_str());

    at.fixture.servers.expire_session(at.writer->keep.first);
    at.fixture.run(50ms);

    REQUIRE(at.watcher->events.size() == 1);
    CHECK(at.watcher->events[0].path == held);
}

TEST_CASE("a deletion that wakes many is counted", "[simulation][ensemble]")
{
    two_clients at;
    std::vector<std::unique_ptr<scripted_client>> many;
    for (std::size_t i = 0; i < 6; ++i) {
        many.push_back(at.fixture.connect(i % 3, 40s));
        REQUIRE(at.fixture.ask(*many.back(), on(op::get, "/a"), true).result == code::ok);
    }

    at.write(on(op::remove, "/a"));

    CHECK(at.fixture.servers.seen().woken_by_one_max == 6);
}
