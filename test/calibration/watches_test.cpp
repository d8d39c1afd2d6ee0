// Watches: when they fire, how often, in which order with answers, and what becomes of them.

#include "test/calibration/calibrate.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::calibration;
using namespace std::chrono_literals;

TEST_CASE("a watch fires once, when its znode changes or goes", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/n");
        a.watch("/n");
        s.change_node("/n");
        a.wait_for("watch /n");
        s.change_node("/n"); // nobody watches
        a.watch("/n");
        b.watch("/n");
        b.remove("/n");
        a.wait_for("watch /n");
        b.create("/n");
        b.remove("/n");
        a.sync("/n"); // whatever was on its way has come
        b.sync("/n");
    });
}

TEST_CASE("watching twice makes one watch", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/n");
        a.watch("/n");
        a.watch("/n");
        a.remove("/n");
        a.sync("/n");
    });
}

TEST_CASE("children, reads and checks fire no watch", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/n");
        a.watch("/n");
        b.create("/n/child");
        b.enqueue("/n/c-");
        b.remove("/n/child");
        b.stat("/n");
        b.children("/n");
        b.watch("/n");
        b.multi({check("/n")});
        b.sync("/n");
        b.create("/n");
        a.stat("/n");
        a.sync("/n");
    });
}

TEST_CASE("neither a stat nor a watch on a missing znode leaves one", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.watch("/n");
        a.stat("/n");
        a.create("/n");
        a.stat("/n");
        s.change_node("/n");
        a.remove("/n");
        a.sync("/n");
    });
}

TEST_CASE("a watch that was taken off fires no more", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/n");
        a.unwatch("/n"); // there is none: as good
        a.watch("/n");
        a.watch("/n");
        b.watch("/n");
        a.unwatch("/n");
        a.unwatch("/n");
        s.change_node("/n");
        b.wait_for("watch /n");
        a.sync("/n");
        a.watch("/n");
        a.remove("/n");
        a.sync("/n");
        a.unwatch("/n"); // it has fired
    });
}

TEST_CASE("a client hears of a deletion before it can read anything later",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/q");
        a.enqueue("/q/c-");
        a.enqueue("/q/c-");
        a.watch("/q/c-0000000000");
        a.together([&] {
            a.stat("/q");
            a.remove("/q/c-0000000000");
            a.children("/q");
        });
        a.watch("/q/c-0000000001");
        a.together([&] {
            a.multi({check("/q"), erase("/q/c-0000000001")});
            a.stat("/q/c-0000000001");
        });
    });
}

TEST_CASE("a watch at a follower fires before a later answer there", "[integration][calibration]")
{
    calibrate(place::three_servers, [](script& s) {
        actor& waiter = s.join({.servers = {s.follower()}});
        actor& holder = s.join({.servers = {s.other_follower()}});
        holder.create("/q");
        for (int round = 0; round < 10; ++round) {
            holder.create("/q/held");
            waiter.sync("/q");
            waiter.watch("/q/held");
            holder.remove("/q/held");
            waiter.together([&] {
                waiter.sync("/q");
                waiter.children("/q");
            });
        }
    });
}

TEST_CASE("watches come along when a connection is replaced", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/n");
        a.create("/m");
        a.watch("/n");
        a.watch("/m");
        a.unwatch("/m");
        a.reconnect();
        a.wait_for(actor::connected);
        a.sync("/n");
        b.remove("/m");
        b.remove("/n");
        a.wait_for("watch /n");
        a.sync("/n");
    });
}

TEST_CASE("what happened while a client was away is told to it", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        // One client for each, because a server fires in no order that means anything.
        actor& waits_for_removal = s.join({.session_timeout = 6s});
        actor& waits_for_change = s.join({.session_timeout = 6s});
        actor& waits_for_another = s.join({.session_timeout = 6s});
        actor& other = s.join();
        for (const char* path : {"/gone", "/changed", "/anew", "/same"})
            other.create(path);
        waits_for_removal.watch("/gone");
        waits_for_change.watch("/changed");
        waits_for_another.watch("/anew");
        for (auto* each : {&waits_for_removal, &waits_for_change, &waits_for_another}) {
            each->watch("/same");
            each->cut_off();
        }
        for (auto* each : {&waits_for_removal, &waits_for_change, &waits_for_another})
            each->wait_for(actor::disconnected);
        other.remove("/gone");
        s.change_node("/changed");
        other.remove("/anew");
        other.create("/anew");
        for (auto* each : {&waits_for_removal, &waits_for_change, &waits_for_another}) {
            each->reunite();
            each->wait_for(actor::connected);
            each->wait_for("watch ");
        }
        other.remove("/same");
        for (auto* each : {&waits_for_removal, &waits_for_change, &waits_for_another})
            each->wait_for("watch /same");
        other.children("/");
    });
}

TEST_CASE("a watch on children fires once, when one comes or goes or their parent goes",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/q");
        a.watch_children("/q");
        s.change_node("/q"); // its data is not a child
        a.sync("/q");
        b.enqueue("/q/c-");
        a.wait_for("watch /q");
        b.enqueue("/q/c-"); // nobody watches
        a.watch_children("/q");
        a.watch_children("/q"); // makes one watch
        b.remove("/q/c-0000000000");
        a.wait_for("watch /q");
        a.sync("/q");
        a.watch_children("/q");
        a.together([&] {
            a.remove("/q/c-0000000001"); // somebody else's, and told before the answer
            a.children("/q");
        });
        a.watch_children("/q");
        a.watch("/q");
        b.remove("/q"); // one event for both
        a.wait_for("watch /q");
        a.sync("/q");
        a.watch_children("/q"); // leaves none
        b.create("/q");
        a.sync("/q");
    });
}

TEST_CASE("a transaction tells who watches the children of its parents",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/q");
        a.create("/r");
        a.watch_children("/q");
        a.watch_children("/r");
        b.multi({join("/q/c-"), touch("/q"), join("/r/c-"), touch("/r")});
        a.wait_for("watch /q");
        a.wait_for("watch /r");
        a.sync("/q");
    });
}

TEST_CASE("watches on children are taken off with those on data", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/q");
        a.watch_children("/q");
        a.watch("/q");
        a.unwatch("/q");
        b.enqueue("/q/c-");
        a.sync("/q");
        a.watch_children("/q");
        a.unwatch("/q");
        b.enqueue("/q/c-");
        a.sync("/q");
    });
}

TEST_CASE("watches on children come along when a connection is replaced",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/q");
        a.watch_children("/q");
        a.reconnect();
        a.wait_for(actor::disconnected);
        a.wait_for(actor::connected);
        a.sync("/q");
        b.enqueue("/q/c-");
        a.wait_for("watch /q");
        a.watch_children("/q");
        a.cut_off();
        a.wait_for(actor::disconnected);
        b.remove("/q/c-0000000000");
        a.reunite();
        a.wait_for(actor::connected);
        a.wait_for("watch /q");
        a.sync("/q");
    });
}
