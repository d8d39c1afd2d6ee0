#include "test/unit/lock_transcript.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace paddock::test;
using paddock::errc;
using paddock::error_code;

namespace {

// A machine that has just asked for this step.
lock_machine in(lock_step step)
{
    auto machine = begun();
    switch (step) {
    case lock_step::enqueue:
        break;
    case lock_step::make_parents:
        machine.resume(failed(reply_code::no_node));
        break;
    case lock_step::search:
        machine.resume(failed(reply_code::in_doubt));
        break;
    case lock_step::read_own:
        machine.resume(failed(reply_code::in_doubt));
        machine.resume(listed({own}));
        break;
    case lock_step::list:
        machine.resume(created_unlisted(reply_code::in_doubt));
        break;
    case lock_step::watch:
        machine.resume(created(own, {front, own}));
        break;
    case lock_step::wait:
        machine.resume(created(own, {front, own}));
        machine.resume(watched());
        break;
    case lock_step::believe:
        machine.resume(created(own, {own}));
        break;
    case lock_step::grant:
        machine.resume(created(own, {own}));
        machine.resume(succeeded());
        break;
    case lock_step::finish:
        machine.resume(failed(reply_code::session_over));
        break;
    }
    return machine;
}

struct outcome {
    reply_code code;
    lock_step what{lock_step::finish};
    error_code error{};
    std::int64_t owner{0}; // of what the reply is about
    std::string target{};
    bool pause{false};
    bool ghost_risk{false};
};

void check_outcomes(lock_step step, const std::vector<outcome>& rows)
{
    for (const auto& row : rows) {
        CAPTURE(static_cast<int>(row.code));
        auto machine = in(step);

        auto event = failed(row.code);
        event.owner = row.owner;

        const auto next = machine.resume(event);

        CHECK(next.what == row.what);
        CHECK(next.error == row.error);
        CHECK(next.target == row.target);
        CHECK(next.pause == row.pause);
        CHECK(next.ghost_risk == row.ghost_risk);
    }
}

const std::vector<reply_code> every_reply{
    reply_code::ok,
    reply_code::no_node,
    reply_code::node_exists,
    reply_code::not_empty,
    reply_code::no_auth,
    reply_code::refused,
    reply_code::throttled,
    reply_code::in_doubt,
    reply_code::session_over,
};

} // namespace

TEST_CASE("every reply to a create leads on or ends with its error", "[unit][lock_machine]")
{
    check_outcomes(lock_step::enqueue,
                   {{.code = reply_code::no_node, .what = lock_step::make_parents},
                    {.code = reply_code::node_exists, .error = errc::queue_worn_out},
                    {.code = reply_code::not_empty, .error = errc::server_error},
                    {.code = reply_code::no_auth, .error = errc::not_authorized},
                    {.code = reply_code::refused, .error = errc::server_error},
                    {.code = reply_code::throttled, .what = lock_step::enqueue, .pause = true},
                    {.code = reply_code::in_doubt, .what = lock_step::search},
                    {.code = reply_code::session_over, .error = errc::session_lost}});
}

TEST_CASE("an attempt that may have made something is remembered, one that was refused is not",
          "[unit][lock_machine]")
{
    for (const auto code : every_reply) {
        CAPTURE(static_cast<int>(code));
        auto machine = begun();

        machine.resume(code == reply_code::ok ? created(own, {own}) : failed(code));

        const bool nothing_made = code == reply_code::no_node || code == reply_code::node_exists ||
                                  code == reply_code::no_auth || code == reply_code::throttled;
        CHECK(machine.prefix() == (nothing_made ? "" : mine));
    }
}

TEST_CASE("every reply to making the parents leads on or ends with its error",
          "[unit][lock_machine]")
{
    check_outcomes(lock_step::make_parents,
                   {{.code = reply_code::ok, .what = lock_step::enqueue},
                    {.code = reply_code::no_node, .error = errc::root_not_creatable},
                    {.code = reply_code::node_exists, .what = lock_step::enqueue},
                    {.code = reply_code::not_empty, .error = errc::root_not_creatable},
                    {.code = reply_code::no_auth, .error = errc::root_not_creatable},
                    {.code = reply_code::refused, .error = errc::root_not_creatable},
                    {.code = reply_code::in_doubt, .what = lock_step::enqueue},
                    {.code = reply_code::session_over, .error = errc::session_lost}});
}

TEST_CASE("a server too busy to make the parents is asked again after a pause",
          "[unit][lock_machine]")
{
    auto machine = in(lock_step::make_parents);

    const auto next = machine.resume(failed(reply_code::throttled));

    CHECK(next.what == lock_step::make_parents);
    CHECK_FALSE(next.error);
    CHECK(next.pause);
}

TEST_CASE("every reply to a search leads on or ends with its error", "[unit][lock_machine]")
{
    check_outcomes(lock_step::search,
                   {{.code = reply_code::no_node, .what = lock_step::enqueue, .ghost_risk = true},
                    {.code = reply_code::node_exists, .error = errc::server_error},
                    {.code = reply_code::not_empty, .error = errc::server_error},
                    {.code = reply_code::no_auth, .error = errc::not_authorized},
                    {.code = reply_code::refused, .error = errc::server_error},
                    {.code = reply_code::throttled, .what = lock_step::search, .pause = true},
                    {.code = reply_code::in_doubt, .what = lock_step::search},
                    {.code = reply_code::session_over, .error = errc::session_lost}});
}

TEST_CASE("every reply to reading the own node leads on or ends with its error",
          "[unit][lock_machine]")
{
    check_outcomes(
        lock_step::read_own,
        {{.code = reply_code::no_node, .what = lock_step::enqueue},
         {.code = reply_code::node_exists, .error = errc::server_error},
         {.code = reply_code::not_empty, .error = errc::server_error},
         {.code = reply_code::no_auth, .error = errc::not_authorized},
         {.code = reply_code::refused, .error = errc::server_error},
         {.code = reply_code::throttled, .what = lock_step::read_own, .target = own, .pause = true},
         {.code = reply_code::in_doubt, .what = lock_step::read_own, .target = own},
         {.code = reply_code::session_over, .error = errc::session_lost}});
}

TEST_CASE("every reply to a listing leads on or ends with its error", "[unit][lock_machine]")
{
    check_outcomes(lock_step::list,
                   {{.code = reply_code::no_node, .what = lock_step::enqueue},
                    {.code = reply_code::node_exists, .error = errc::server_error},
                    {.code = reply_code::not_empty, .error = errc::server_error},
                    {.code = reply_code::no_auth, .error = errc::not_authorized},
                    {.code = reply_code::refused, .error = errc::server_error},
                    {.code = reply_code::throttled, .what = lock_step::list, .pause = true},
                    {.code = reply_code::in_doubt, .what = lock_step::list},
                    {.code = reply_code::session_over, .error = errc::session_lost}});
}

TEST_CASE("every reply to a watch leads on or ends with its error", "[unit][lock_machine]")
{
    check_outcomes(lock_step::watch,
                   {{.code = reply_code::ok, .what = lock_step::wait, .owner = other_session},
                    {.code = reply_code::ok, .what = lock_step::wait, .owner = our_session},
                    {.code = reply_code::ok, .what = lock_step::list, .owner = 0},
                    {.code = reply_code::no_node, .what = lock_step::list},
                    {.code = reply_code::node_exists, .error = errc::server_error},
                    {.code = reply_code::not_empty, .error = errc::server_error},
                    {.code = reply_code::no_auth, .error = errc::not_authorized},
                    {.code = reply_code::refused, .error = errc::server_error},
                    {.code = reply_code::throttled, .what = lock_step::list, .pause = true},
                    {.code = reply_code::in_doubt, .what = lock_step::list},
                    {.code = reply_code::session_over, .error = errc::session_lost}});
}

TEST_CASE("every reply to the evidence leads on or ends with its error", "[unit][lock_machine]")
{
    check_outcomes(lock_step::believe,
                   {{.code = reply_code::ok, .what = lock_step::grant},
                    {.code = reply_code::no_node, .what = lock_step::list},
                    {.code = reply_code::node_exists, .error = errc::server_error},
                    {.code = reply_code::not_empty, .error = errc::server_error},
                    {.code = reply_code::no_auth, .error = errc::not_authorized},
                    {.code = reply_code::refused, .error = errc::server_error},
                    {.code = reply_code::throttled, .what = lock_step::list, .pause = true},
                    {.code = reply_code::in_doubt, .what = lock_step::list},
                    {.code = reply_code::session_over, .error = errc::session_lost}});
}

TEST_CASE("whatever wakes a waiter makes it look, and grants nothing", "[unit][lock_machine]")
{
    for (const auto code : every_reply) {
        auto machine = in(lock_step::wait);
        CAPTURE(static_cast<int>(code));
        CHECK(machine.resume(failed(code)).what == lock_step::list);
    }
}

TEST_CASE("nothing follows a grant or an end", "[unit][lock_machine]")
{
    for (const auto end : {lock_step::grant, lock_step::finish}) {
        for (const auto code : every_reply) {
            auto machine = in(end);
            auto event = created(own, {own});
            event.code = code;
            CAPTURE(static_cast<int>(end), static_cast<int>(code));

            for (int again = 0; again < 3; ++again)
                CHECK(machine.resume(event).what == lock_step::finish);
        }
    }
}

TEST_CASE("who may not wait gives up behind a name of no known form once it is somebody's",
          "[unit][lock_machine]")
{
    const std::string unknown = "somebody0000000004";
    auto machine = begun({.may_wait = false});
    const auto look = machine.resume(created(own, {unknown, own}));
    REQUIRE(look.what == lock_step::watch);

    SECTION("a session's: the lock is taken")
    {
        const auto end = machine.resume(watched());
        CHECK(end.what == lock_step::finish);
        CHECK_FALSE(end.error);
    }
    SECTION("nobody's: it is no contender")
    {
        CHECK(machine.resume(watched(0)).what == lock_step::list);
        CHECK(machine.resume(listed({unknown, own})).what == lock_step::believe);
    }
}

TEST_CASE("a node found after a lost answer whose number is past the limit is given up",
          "[unit][lock_machine]")
{
    for (const std::string number : {"2147483647", "2146483648", "-2147483648"}) {
        auto machine = begun();
        CAPTURE(number);
        REQUIRE(machine.resume(failed(reply_code::in_doubt)).what == lock_step::search);
        REQUIRE(machine.resume(listed({mine + number})).what == lock_step::read_own);

        const auto end = machine.resume(owned_by(our_session));

        CHECK(end.what == lock_step::finish);
        CHECK(end.error == errc::queue_worn_out);
        CHECK(machine.own_name() == mine + number); // what the driver deletes
    }
}
