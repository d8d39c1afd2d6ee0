// Requests and their answers: what is refused and why, numbers, transactions, order.

#include "test/calibration/calibrate.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::calibration;
using namespace std::chrono_literals;

TEST_CASE("created znodes come with the same names and stats", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/plain");
        a.create_container("/container");
        a.enqueue("/container/c-");
        a.create("/plain/child");
        for (const char* path : {"/plain", "/container", "/container/c-0000000000", "/plain/child"})
            a.stat(path);
        a.watch("/container");
        a.watch("/container/c-0000000000");
        s.change_node("/plain");
        a.stat("/plain");
    });
}

TEST_CASE("creates are refused for the same reasons", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/a");
        a.create("/a");
        a.create_container("/a");
        a.create("/missing/b");
        a.create_container("/missing/b");
        a.enqueue("/missing/c-");
        a.enqueue("/e-");
        a.create("/e-0000000001/child");
        a.enqueue("/e-0000000001/c-");
        a.create("/e-0000000001/missing/child");
        a.children("/");
    });
}

TEST_CASE("paths that are none are refused", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/a");
        for (const char* path : {"", "no slash", "/a/", "/a//b", "/a/./b", "/a/../b", "/a\x01"}) {
            a.create(path);
            a.children(path);
            a.stat(path);
            a.watch(path);
            a.remove(path);
            a.sync(path);
            a.multi({check(path)});
            a.multi({check("/a"), erase(path)});
            a.unwatch(path);
        }
        a.enqueue("/a/"); // a name of the number alone
        a.enqueue("/a//b-");
        a.enqueue("no slash");
        a.children("/a");
    });
}

TEST_CASE("what is refused without asking the ensemble is answered first",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.together([&] {
            a.create("/a");
            a.create("no slash");
            a.unwatch("/a");
            a.children("/a");
        });
    });
}

TEST_CASE("sequence numbers count all children ever made, whatever their names",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/q");
        a.enqueue("/q/x-");
        b.enqueue("/q/y-");
        a.create("/q/plain");
        a.create("/q/plain"); // a create that fails takes no number
        a.enqueue("/q/missing/z-");
        b.enqueue("/q/x-");
        a.remove("/q/x-0000000000");
        b.remove("/q/x-0000000003");
        a.remove("/q/plain");
        a.enqueue("/q/x-"); // nor does a number come again
        a.create_container("/q/container");
        a.enqueue("/q/__READ__");
        a.stat("/q");
        a.children("/q");
        b.enqueue("/q/container/x-"); // its own count
    });
}

TEST_CASE("a number may be taken already", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/q");
        a.create("/q/c-0000000001");
        a.enqueue("/q/c-"); // 0000000001 would be next: there is one child
        a.enqueue("/q/c-"); // and a create that failed is not counted
        a.enqueue("/q/d-");
        a.enqueue("/q/c-");
        a.children("/q");
    });
}

TEST_CASE("sequence numbers stand still at the last one", "[integration][calibration]")
{
    calibrate(place::late_node, [](script& s) {
        actor& a = s.join();
        for (int i = 0; i < 5; ++i)
            a.enqueue("/c-");
        a.enqueue("/d-"); // the same number again
        a.enqueue("/e-");
        a.remove("/c-2147483647");
        a.enqueue("/c-"); // and again
        a.children("/");
        a.stat("/");
    });
}

TEST_CASE("a container goes when its last child has, and starts anew", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create_container("/unused");
        a.create_container("/used");
        a.create_container("/busy");
        a.enqueue("/busy/c-");
        a.enqueue("/used/c-");
        a.enqueue("/used/c-");
        a.watch("/used");
        a.remove("/used/c-0000000000");
        a.remove("/used/c-0000000001");
        s.wait_until_gone("/used");
        a.wait_for("watch /used");
        a.stat("/used");
        a.enqueue("/used/c-");
        a.create_container("/used");
        a.enqueue("/used/c-");
        a.stat("/unused"); // never had a child: it stays
        a.stat("/busy");
        a.children("/");
    });
}

TEST_CASE("removals are refused for the same reasons", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/a");
        a.create("/a/b");
        a.enqueue("/a/c-");
        b.remove("/a");
        b.remove("/a/missing");
        b.remove("/missing/x");
        b.remove("/a/c-0000000001"); // somebody else's
        a.remove("/a/c-0000000001");
        a.remove("/a/b");
        a.remove("/a");
        a.stat("/a");
    });
}

TEST_CASE("transactions of checks pass, or fail where the znode is missing",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/a");
        a.create("/b");
        a.create("/b/c");
        a.watch("/a");
        a.multi({check("/a"), check("/b")});
        a.multi({check("/a")});
        a.multi({});
        a.multi({check("/missing"), check("/a")});
        a.multi({check("/a"), check("/b"), check("/missing"), check("/missing2")});
        a.multi(std::vector<paddock::detail::multi_op>(1'000, check("/a")));
        a.stat("/a");
    });
}

TEST_CASE("transactions with removals are carried out whole or not at all",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        for (const char* path : {"/a", "/b", "/b/c", "/d"})
            a.create(path);
        b.watch("/a");
        b.watch("/d");
        a.multi({erase("/a"), check("/b"), check("/missing"), erase("/d")});
        a.multi({erase("/a"), erase("/a")});
        a.multi({erase("/a"), check("/a")});
        a.multi({erase("/d"), erase("/b")});
        a.children("/");
        b.sync("/");
        b.stat("/a");
        a.multi({erase("/b/c"), erase("/b"), erase("/d"), erase("/a")});
        b.wait_for("watch /a");
        b.wait_for("watch /d");
        a.children("/");
    });
}

TEST_CASE("transactions of contenders say their names, and how many stand in each queue then",
          "[integration][calibration]")
{
    calibrate(place::three_servers, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        for (const char* path : {"/p", "/q"})
            a.create_container(path);
        a.multi({join("/p/c-"), touch("/p"), join("/q/c-"), touch("/q")});
        a.multi({erase("/p/c-0000000000"), join("/p/c-"), touch("/p"), join("/q/c-"), touch("/q")});
        a.stat("/p/c-0000000001");
        b.multi({join("/q/c-"), touch("/q"), erase("/q/c-0000000000"), touch("/q")});
        b.multi({join("/p/c-"), touch("/p"), join("/missing/c-"), touch("/missing")});
        b.multi({join("/p/c-"), touch("/missing"), erase("/p/missing")});
        b.multi({join("/p/c-"), touch("/p"), erase("/p/missing"), join("/q/c-")});
        b.sync("/");
        b.children("/p");
        b.children("/q");
    });
}

TEST_CASE("answers come in the order of the requests, and reads see the writes before them",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/q");
        a.together([&] {
            a.children("/q");
            a.enqueue("/q/c-");
            a.children("/q");
            a.enqueue("/q/c-");
            a.stat("/q");
            a.multi({check("/q"), erase("/q/c-0000000000")});
            a.children("/q");
            a.remove("/q/missing");
            a.sync("/q");
            a.watch("/q/c-0000000001");
            a.remove("/q/c-0000000001");
            a.stat("/q/c-0000000001");
            a.children("/q");
        });
    });
}

TEST_CASE("on a follower a listing behind a create sees the new znode",
          "[integration][calibration]")
{
    calibrate(place::three_servers, [](script& s) {
        actor& a = s.join({.servers = {s.follower()}});
        a.create("/q");
        for (int round = 0; round < 20; ++round)
            a.together([&] {
                a.enqueue("/q/c-");
                a.children("/q");
            });
    });
}

TEST_CASE("behind a sync a follower's listing shows what others wrote before",
          "[integration][calibration]")
{
    calibrate(place::three_servers, [](script& s) {
        actor& reader = s.join({.servers = {s.follower()}});
        actor& writer = s.join({.servers = {s.leader()}});
        actor& other = s.join({.servers = {s.other_follower()}});
        writer.create("/q");
        for (int round = 0; round < 10; ++round) {
            writer.enqueue("/q/w-");
            other.together([&] {
                other.sync("/q");
                other.enqueue("/q/o-");
            });
            reader.together([&] {
                reader.sync("/q");
                reader.children("/q");
            });
        }
        reader.stat("/q");
    });
}

TEST_CASE("an ACL of its creator keeps strangers out", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        const paddock::detail::credentials me{"digest", accepted_secret};
        actor& owner = s.join({.auth = {me}, .creator_all_acl = true});
        actor& again = s.join({.auth = {me}});
        actor& stranger = s.join();
        owner.create("/mine");
        owner.create("/mine/a");
        owner.enqueue("/mine/c-");
        stranger.create("/mine/b");
        stranger.enqueue("/mine/c-");
        stranger.create("/mine/missing/b");
        stranger.children("/mine");
        stranger.stat("/mine");
        stranger.stat("/mine/a");
        stranger.watch("/mine/a");
        stranger.unwatch("/mine/a");
        stranger.remove("/mine/a");
        stranger.remove("/mine/missing");
        stranger.multi({check("/mine/a")});
        stranger.multi({check("/"), erase("/mine/c-0000000001")});
        stranger.sync("/mine");
        again.create("/mine/b");
        again.children("/mine");
        again.multi({check("/mine/a"), erase("/mine/a")});
        owner.children("/mine");
    });
}

TEST_CASE("an ACL for credentials that were not shown is refused", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& nobody = s.join({.creator_all_acl = true});
        nobody.create("/a");
        nobody.enqueue("/a/c-");
        nobody.children("/");
    });
}
