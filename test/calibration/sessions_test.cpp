// Sessions: how they begin, what resuming keeps, how they end and what goes with them.

#include "test/calibration/calibrate.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace paddock::calibration;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds short_timeout = 4 * tick;

} // namespace

TEST_CASE("a session's time-out is kept within 2 and 20 ticks", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        s.join({.session_timeout = 1ms * 1'000});
        s.join({.session_timeout = 3 * tick});
        s.join({.session_timeout = 60s});
    });
}

TEST_CASE("a reconnect resumes the session and keeps its znodes", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.enqueue("/e-");
        for (int round = 0; round < 3; ++round) {
            a.reconnect();
            a.wait_for(actor::connected);
            a.stat("/e-0000000000");
        }
        a.children("/");
    });
}

TEST_CASE("calls in flight end in doubt when the connection is broken up",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        s.servers().stop(0);
        a.at_once([&] {
            a.enqueue("/e-");
            a.children("/");
        });
        a.reconnect();
        a.wait_for_answers();
        s.servers().go_on(0);
        a.wait_for(actor::connected);
        a.sync("/"); // whether the create was carried out is up to chance, here and there
    });
}

TEST_CASE("calls made while there is no connection wait for the next", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.enter();
        a.together([&] {
            a.enqueue("/e-");
            a.children("/");
        });
        a.wait_for(actor::connected);
        a.reconnect();
        a.together([&] {
            a.enqueue("/e-");
            a.children("/");
        });
    });
}

TEST_CASE("calls made while no server answers end in doubt", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        s.servers().stop(0);
        a.reconnect();
        a.wait_for(actor::disconnected);
        a.together([&] {
            a.enqueue("/e-");
            a.children("/");
            a.unwatch("/missing");
        });
        s.servers().go_on(0);
        a.wait_for(actor::connected);
        a.sync("/");
        a.children("/"); // neither was sent
    });
}

TEST_CASE("an expired session is told of, its znodes go and others hear of that",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.enqueue("/e-");
        a.enqueue("/e-");
        a.create("/stays");
        b.watch("/e-0000000000");
        b.watch("/stays");
        a.watch("/stays");
        a.expire();
        b.wait_for("watch /e-0000000000");
        a.wait_for(actor::session_over);
        b.children("/");
        b.remove("/stays");
        a.together([&] {
            a.enqueue("/e-");
            a.children("/");
            a.unwatch("/stays");
            a.sync("no slash");
        });
        a.reconnect();
        a.close();
    });
}

TEST_CASE("a client that is cut off hears so, and its session ends in time",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join({.session_timeout = short_timeout});
        actor& b = s.join();
        a.enqueue("/e-");
        b.watch("/e-0000000000");
        const auto last_contact = s.now();
        a.sync("/");
        a.cut_off();
        a.wait_for(actor::disconnected);
        s.took("noticed by its client", last_contact, short_timeout / 2, short_timeout + slack);
        b.wait_for("watch /e-0000000000");
        s.took("expired", last_contact, short_timeout, short_timeout + tick + slack);
        b.children("/");
        a.reunite();
        a.wait_for(actor::session_over);
    });
}

TEST_CASE("a client with nothing to say keeps its session", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join({.session_timeout = short_timeout});
        a.enqueue("/e-");
        s.pass(2 * short_timeout);
        a.children("/");
    });
}

TEST_CASE("answers that came while their client stood still count", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join({.session_timeout = short_timeout});
        a.patience = short_timeout / 4;
        a.at_once([&] {
            a.enqueue("/e-");
            a.children("/");
        });
        a.stand_still(short_timeout * 3 / 4); // longer than a server may be silent
        a.wait_for_answers();
        a.sync("/");
    });
}

TEST_CASE("a close ends the session and takes its znodes at once", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        actor& b = s.join();
        a.create("/n");
        a.enqueue("/n/e-");
        a.watch("/n");
        b.watch("/n/e-0000000000");
        const auto start = s.now();
        a.together([&] {
            a.enqueue("/n/e-");
            a.enqueue("/n/e-");
            a.close();
            a.enqueue("/n/e-");
        });
        b.wait_for("watch /n/e-0000000000");
        s.took("closed", start, 0ms, short_timeout);
        b.children("/n");
        b.remove("/n"); // the closed client hears nothing
        a.together([&] {
            a.stat("/n");
            a.close();
        });
    });
}

TEST_CASE("a close without a connection tells the ensemble nothing", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join({.session_timeout = short_timeout});
        actor& b = s.join();
        a.enqueue("/e-");
        b.watch("/e-0000000000");
        a.cut_off();
        a.wait_for(actor::disconnected);
        a.together([&] {
            a.enqueue("/e-");
            a.close();
        });
        b.children("/");
        b.wait_for("watch /e-0000000000");
    });
}

TEST_CASE("refused credentials end the session", "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.enter({.auth = {s.servers().refused_credentials()}});
        a.wait_for(actor::session_over);
        a.create("/n");
        a.close();
    });
}

TEST_CASE("a request that is not answered in time ends in doubt, with its connection",
          "[integration][calibration]")
{
    calibrate(place::one_server, [](script& s) {
        actor& a = s.join();
        a.create("/q");
        s.servers().stop(0);
        a.patience = 500ms;
        const auto start = s.now();
        a.at_once([&] {
            a.enqueue("/q/c-");
            a.children("/q");
        });
        a.wait_for_answers();
        s.took("in doubt", start, 500ms, 3s);
        s.servers().go_on(0);
        a.wait_for(actor::connected);
        a.patience = actor::default_patience;
        a.sync("/q");
    });
}
