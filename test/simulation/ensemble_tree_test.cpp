// What requests do to the tree, and every code they can be answered with.

#include "test/simulation/ensemble_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace paddock::simulation;

namespace {

constexpr std::int32_t last_sequence = 2147483647;

struct served {
    ensemble_fixture fixture;
    std::unique_ptr<scripted_client> client;

    explicit served(ensemble_config config = {}) : fixture(std::move(config))
    {
        REQUIRE(fixture.settle());
        client = fixture.connect(fixture.follower(), 40s);
    }
    answer ask(operation body) { return fixture.ask(*client, std::move(body)); }
    answer ask_all(std::vector<operation> ops) { return fixture.ask_all(*client, std::move(ops)); }
};

} // namespace

TEST_CASE("requests that cannot be carried out say why", "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/locks")).result == code::ok);
    REQUIRE(at.ask(make("/locks/child")).result == code::ok);
    const auto ephemeral = at.ask(enqueue("/locks/e-")).path;

    CHECK(at.ask(make("/locks")).result == code::node_exists);
    CHECK(at.ask(make("/missing/child")).result == code::no_node);
    CHECK(at.ask(enqueue("/missing/e-")).result == code::no_node);
    CHECK(at.ask(make(ephemeral + "/child")).result == code::no_children_for_ephemerals);
    CHECK(at.ask(on(op::remove, "/locks")).result == code::not_empty);
    CHECK(at.ask(on(op::remove, "/missing")).result == code::no_node);
    CHECK(at.ask(on(op::remove, "/")).result == code::bad_arguments);
    CHECK(at.ask(make("no-slash")).result == code::bad_arguments);
    CHECK(at.ask(make("/locks/")).result == code::bad_arguments);
    CHECK(at.ask(make("/locks//a")).result != code::ok);
    CHECK(at.ask(make("/locks/..")).result == code::bad_arguments);
    CHECK(at.ask(on(op::set_data, "/missing")).result == code::no_node);
    CHECK(at.ask(on(op::check, "/missing")).result == code::no_node);
    CHECK(at.ask(on(op::children, "/missing")).result == code::no_node);
    CHECK(at.ask(on(op::exists, "/missing")).result == code::no_node);
    CHECK(at.ask({.what = op::set_data, .path = "/locks", .version = 1}).result ==
          code::bad_version);
    CHECK(at.ask({.what = op::remove, .path = "/locks/child", .version = 3}).result ==
          code::bad_version);
}

TEST_CASE("a write that fails takes a zxid as well", "[simulation][ensemble]")
{
    served at;
    const auto first = at.ask(make("/a"));
    const auto failed = at.ask(make("/a"));
    const auto next = at.ask(make("/b"));

    CHECK(failed.zxid == first.zxid + 1);
    CHECK(next.zxid == first.zxid + 2);
}

TEST_CASE("a stat tells of creation, change, owner and children", "[simulation][ensemble]")
{
    served at;
    const auto made = at.ask(make("/a", "one"));
    CHECK(made.stat.czxid == made.zxid);
    CHECK(made.stat.mzxid == made.zxid);
    CHECK(made.stat.version == 0);

    const auto changed = at.ask({.what = op::set_data, .path = "/a", .data = "two", .version = 0});
    CHECK(changed.stat.version == 1);
    CHECK(changed.stat.czxid == made.zxid);
    CHECK(changed.stat.mzxid == changed.zxid);
    REQUIRE(at.ask(make("/a/b")).result == code::ok);
    CHECK(at.ask(on(op::get, "/a")).stat.children == 1);
    CHECK(at.fixture.servers.node("/a")->data == "two");
}

TEST_CASE("sequential names count all children that were ever created", "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make_container("/q")).result == code::ok);
    CHECK(at.ask(enqueue("/q/a-")).path == "/q/a-0000000000");
    CHECK(at.ask(enqueue("/q/b-")).path == "/q/b-0000000001");
    CHECK(at.ask(make("/q/plain")).result == code::ok);
    CHECK(at.ask(on(op::remove, "/q/plain")).result == code::ok);
    CHECK(at.ask(enqueue("/q/a-")).path == "/q/a-0000000003");
}

TEST_CASE("the sequence freezes at its largest number", "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/q")).result == code::ok);
    at.fixture.servers.set_next_sequence("/q", last_sequence - 1);
    at.fixture.run(50ms);

    CHECK(at.ask(enqueue("/q/a-")).path == "/q/a-2147483646");
    CHECK(at.ask(enqueue("/q/a-")).path == "/q/a-2147483647");
    CHECK(at.ask(enqueue("/q/a-")).result == code::node_exists);
    CHECK(at.ask(enqueue("/q/a-")).result == code::node_exists);
    CHECK(at.ask(enqueue("/q/b-")).path == "/q/b-2147483647"); // no order any more
}

TEST_CASE("with several creates on their way the sequence turns negative", "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/q")).result == code::ok);
    at.fixture.servers.set_next_sequence("/q", last_sequence);
    at.fixture.run(50ms);

    const auto first = at.client->submit(enqueue("/q/a-"));
    const auto second = at.client->submit(enqueue("/q/b-"));
    const auto third = at.client->submit(enqueue("/q/c-"));
    at.fixture.run(50ms);

    CHECK(at.client->find(first)->path == "/q/a-2147483647");
    CHECK(at.client->find(second)->path == "/q/b--2147483648");
    CHECK(at.client->find(third)->path == "/q/c--2147483647");
    CHECK(at.ask(enqueue("/q/d-")).path == "/q/d-2147483647");
}

TEST_CASE("a container goes once it has had children and has none", "[simulation][ensemble]")
{
    served at({.container_check = 10s});
    REQUIRE(at.ask(make_container("/used")).result == code::ok);
    REQUIRE(at.ask(make_container("/new")).result == code::ok);
    REQUIRE(at.ask(make_container("/full")).result == code::ok);
    REQUIRE(at.ask(make("/full/child")).result == code::ok);
    const auto child = at.ask(enqueue("/used/a-")).path;
    REQUIRE(at.ask(on(op::remove, child)).result == code::ok);

    CHECK(at.fixture.run_until([&] { return !at.fixture.servers.node("/used"); }, 11s));
    at.fixture.run(20s);
    CHECK(at.fixture.servers.node("/new"));
    CHECK(at.fixture.servers.node("/full"));
    CHECK(at.fixture.servers.seen().containers_reaped == 1);

    REQUIRE(at.ask(on(op::remove, "/full/child")).result == code::ok);
    at.fixture.servers.check_containers_now();
    at.fixture.run(50ms);
    CHECK_FALSE(at.fixture.servers.node("/full"));
}

TEST_CASE("a transaction is carried out as a whole, with a result for each operation",
          "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/q")).result == code::ok);

    const auto done = at.ask_all({enqueue("/q/a-"), on(op::set_data, "/q"), on(op::check, "/q")});

    REQUIRE(done.result == code::ok);
    const auto& results = done.transaction.results;
    REQUIRE(results.size() == 3);
    CHECK(results[0].name == "a-0000000000");
    CHECK(results[0].stat.czxid == done.zxid);
    CHECK(results[1].stat.children == 1); // first in line, without a listing
    CHECK(results[1].stat.mzxid == results[0].stat.czxid);
}

TEST_CASE("a transaction that fails changes nothing and names the culprit",
          "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/q")).result == code::ok);

    const auto failed = at.ask_all({make("/q/a"), on(op::remove, "/q/b"), make("/q/c")});

    CHECK(failed.result == code::no_node);
    CHECK(failed.transaction.failed == 1);
    CHECK(at.fixture.servers.nodes_below("/q").empty());
    // Nor what the leader thinks of the nodes while they are on their way.
    const auto first = at.client->submit(make("/q/a"));
    const auto second = at.client->submit(on(op::remove, "/q/a"));
    at.fixture.run(50ms);
    CHECK(at.client->find(first)->result == code::ok);
    CHECK(at.client->find(second)->result == code::ok);
    // A create and its own removal in one.
    CHECK(at.ask_all({make("/q/x"), on(op::remove, "/q/x")}).result == code::ok);
}

TEST_CASE("a transaction of checks takes a zxid and fires no watch", "[simulation][ensemble]")
{
    served at;
    const auto made = at.ask(make("/a"));
    REQUIRE(at.fixture.ask(*at.client, on(op::get, "/a"), true).result == code::ok);

    const auto checked = at.ask_all({on(op::check, "/a"), on(op::check, "/a")});
    at.fixture.run(50ms);

    CHECK(checked.result == code::ok);
    CHECK(checked.zxid == made.zxid + 1);
    CHECK(at.client->events.empty());
    CHECK(at.ask(on(op::get, "/a")).stat.mzxid == made.zxid);
    const auto failed = at.ask_all({on(op::check, "/a"), on(op::check, "/b")});
    CHECK(failed.result == code::no_node);
    CHECK(failed.transaction.failed == 1);
    CHECK(failed.zxid == checked.zxid + 1);
}

TEST_CASE("a closed session takes its nodes along, also those on their way",
          "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/q")).result == code::ok);
    REQUIRE(at.ask(enqueue("/q/a-")).result == code::ok);
    at.client->submit(enqueue("/q/b-"));
    const auto end = at.client->submit(on(op::close_session, ""));
    at.fixture.run(50ms);

    REQUIRE(at.client->find(end) != nullptr);
    CHECK(at.client->find(end)->result == code::ok);
    CHECK(at.client->closed);
    CHECK(at.fixture.servers.nodes_below("/q").empty());
    CHECK(at.fixture.servers.seen().sessions_expired == 0);
    CHECK(at.fixture.servers.seen().foreign_deletes == 0);
}

TEST_CASE("nodes for their creator's eyes are closed to others", "[simulation][ensemble]")
{
    ensemble_fixture fixture;
    REQUIRE(fixture.settle());
    const auto owner = fixture.make_client();
    owner->auth = {{"digest", "me:secret"}};
    owner->connect(fixture.follower());
    fixture.run(50ms);
    const auto stranger = fixture.connect(fixture.other_follower());
    auto mine = make("/mine");
    mine.creator_all_acl = true;

    REQUIRE(fixture.ask(*owner, mine).result == code::ok);

    CHECK(fixture.ask(*owner, make("/mine/a")).result == code::ok);
    CHECK(fixture.ask(*stranger, make("/mine/b")).result == code::no_auth);
    CHECK(fixture.ask(*stranger, on(op::remove, "/mine/a")).result == code::no_auth);
    CHECK(fixture.ask(*stranger, on(op::get, "/mine")).result == code::no_auth);
    CHECK(fixture.ask(*stranger, on(op::children, "/mine")).result == code::no_auth);
    CHECK(fixture.ask(*stranger, on(op::set_data, "/mine")).result == code::no_auth);
    CHECK(fixture.ask(*stranger, on(op::exists, "/mine")).result == code::ok);
    CHECK(fixture.ask(*stranger, mine).result == code::bad_arguments); // no credentials to put in
}

TEST_CASE("children are listed in no order that means anything", "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/q")).result == code::ok);
    for (int i = 0; i < 12; ++i)
        REQUIRE(at.ask(enqueue("/q/a-")).result == code::ok);

    const auto names = at.ask(on(op::children, "/q")).names;

    CHECK(names.size() == 12);
    CHECK_FALSE(std::is_sorted(names.begin(), names.end()));
    CHECK(at.ask(on(op::children, "/q")).names == names);
}

TEST_CASE("replies come in the order of requests, and reads see the writes before them",
          "[simulation][ensemble]")
{
    served at;
    REQUIRE(at.ask(make("/q")).result == code::ok);
    const auto first = at.client->submit(enqueue("/q/a-"));
    const auto listed = at.client->submit(on(op::children, "/q"));
    const auto synced = at.client->submit(on(op::sync, "/q"));
    const auto last = at.client->submit(on(op::exists, "/q"));
    at.client->answers.clear();
    at.fixture.run(50ms);

    REQUIRE(at.client->answers.size() == 4);
    CHECK(at.client->answers[0].xid == first);
    CHECK(at.client->answers[1].xid == listed);
    CHECK(at.client->answers[1].names.size() == 1);
    CHECK(at.client->answers[2].xid == synced);
    CHECK(at.client->answers[3].xid == last);
    CHECK(at.client->answers[3].stat.children == 1);
}

TEST_CASE("a throttled request is answered in its turn and not carried out",
          "[simulation][ensemble]")
{
    served at;
    const auto first = at.client->submit(make("/a"));
    at.fixture.run(350us);
    at.fixture.servers.throttle_next(at.fixture.follower(), 1);
    const auto refused = at.client->submit(make("/b"));
    const auto next = at.client->submit(make("/c"));
    at.fixture.run(50ms);

    REQUIRE(at.client->answers.size() == 3);
    CHECK(at.client->find(first)->result == code::ok);
    CHECK(at.client->answers[1].xid == refused);
    CHECK(at.client->answers[1].result == code::throttled);
    CHECK(at.client->find(next)->result == code::ok);
    CHECK_FALSE(at.fixture.servers.node("/b"));
}

TEST_CASE("a server with too much in hand throttles", "[simulation][ensemble]")
{
    served at({.throttle_limit = 2});
    for (int i = 0; i < 6; ++i)
        at.client->submit(make("/n" + std::to_string(i)));
    at.fixture.run(50ms);

    REQUIRE(at.client->answers.size() == 6);
    CHECK(at.client->answers[1].result == code::ok);
    CHECK(at.client->answers[2].result == code::throttled);
    CHECK(at.ask(make("/later")).result == code::ok);
}

TEST_CASE("an observer hears of every node that comes and goes, in the order of commits",
          "[simulation][ensemble]")
{
    served at;
    std::vector<ensemble::change> changes;
    at.fixture.servers.on_change = [&](const ensemble::change& one) { changes.push_back(one); };
    REQUIRE(at.ask(make_container("/q")).result == code::ok);
    const auto mine = at.ask(enqueue("/q/a-"));
    const auto other = at.fixture.connect(at.fixture.leader(), 40s);
    REQUIRE(at.fixture.ask(*other, on(op::remove, mine.path)).result == code::ok);
    at.fixture.servers.create_by_operator("/q/b", "data");
    at.fixture.run(50ms);
    at.fixture.servers.remove_by_operator("/q/b");
    at.fixture.run(50ms);

    REQUIRE(changes.size() == 5);
    CHECK(changes[0].path == "/q");
    CHECK(changes[0].ephemeral_owner == 0);
    CHECK(changes[1].ephemeral_owner == at.client->keep.first);
    CHECK(changes[1].czxid == mine.stat.czxid);
    CHECK_FALSE(changes[2].created);
    CHECK(changes[2].by_session == other->keep.first);
    CHECK(changes[2].czxid == mine.stat.czxid);
    CHECK(changes[3].by_session == 0);
    CHECK_FALSE(changes[4].created);
    CHECK(at.fixture.servers.seen().foreign_deletes == 1);
}
