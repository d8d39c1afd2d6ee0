#include "recipes/contender.hpp"
#include "src/hold_number.hpp"
#include "test/unit/lock_transcript.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

using namespace paddock::test;
using paddock::errc;
using paddock::detail::czxid_max;
using paddock::detail::token_of;
using paddock::detail::turns_max;

// --- the plain ways ---------------------------------------------------------------------------

TEST_CASE("the only contender is granted once the ensemble stands behind it",
          "[unit][lock_machine]")
{
    lock_machine machine({}, our_session);
    REQUIRE(machine.start().what == lock_step::enqueue);
    machine.attempt(mine);
    REQUIRE(machine.resume(created(own, {own})).what == lock_step::believe);

    const auto next = machine.resume(succeeded());

    CHECK(next.what == lock_step::grant);
    CHECK_FALSE(next.error);
    CHECK(machine.own_name() == own);
    CHECK(machine.prefix() == mine);
    CHECK(machine.czxid() == our_czxid);
}

TEST_CASE("the only child of its parent needs no listing, whoever is not alone does",
          "[unit][lock_machine]")
{
    auto lone = begun();
    REQUIRE(lone.resume(created_together(true)).what == lock_step::believe);
    CHECK(lone.czxid() == our_czxid);
    CHECK(lone.resume(succeeded()).what == lock_step::grant);

    auto crowded = begun();
    REQUIRE(crowded.resume(created_together(false)).what == lock_step::list);
    CHECK(crowded.resume(listed({front, own})).what == lock_step::watch);
}

TEST_CASE("contenders behind do not keep the first from its grant", "[unit][lock_machine]")
{
    auto machine = begun();

    REQUIRE(machine.resume(created(own, {behind, own})).what == lock_step::believe);
    CHECK(machine.resume(succeeded()).what == lock_step::grant);
}

TEST_CASE("a contender in front is watched, and its end makes the machine look again",
          "[unit][lock_machine]")
{
    auto machine = begun();
    const auto watch = machine.resume(created(own, {own, front, behind}));
    REQUIRE(watch.what == lock_step::watch);
    REQUIRE(watch.target == front);
    REQUIRE(machine.resume(watched()).what == lock_step::wait);
    REQUIRE(machine.resume(succeeded()).what == lock_step::list);
    REQUIRE(machine.resume(listed({own, behind})).what == lock_step::believe);

    CHECK(machine.resume(succeeded()).what == lock_step::grant);
}

TEST_CASE("only the nearest contender in front is watched", "[unit][lock_machine]")
{
    auto machine = begun();

    const auto next =
        machine.resume(created(own, {"_c_1-lock-0000000001", own, front, "_c_3-lock-0000000003"}));

    CHECK(next.what == lock_step::watch);
    CHECK(next.target == front);
}

TEST_CASE("a watch that fires while somebody else is in front watches that one",
          "[unit][lock_machine]")
{
    const std::string farther = "_c_77dd-lock-0000000002";
    auto machine = begun();
    machine.resume(created(own, {farther, front, own}));
    machine.resume(watched());
    REQUIRE(machine.resume(succeeded()).what == lock_step::list);

    const auto next = machine.resume(listed({farther, own})); // front gave its place up

    CHECK(next.what == lock_step::watch);
    CHECK(next.target == farther);
}

TEST_CASE("a predecessor that is gone before it is watched costs no place", "[unit][lock_machine]")
{
    auto machine = begun();
    REQUIRE(machine.resume(created(own, {front, own})).what == lock_step::watch);
    REQUIRE(machine.resume(failed(reply_code::no_node)).what == lock_step::list);

    CHECK(machine.resume(listed({own})).what == lock_step::believe);
    CHECK(machine.own_name() == own);
}

TEST_CASE("a contender of this session is waited for like any other", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(created(own, {front, own}));

    CHECK(machine.resume(watched(our_session)).what == lock_step::wait);
}

// --- what looks like a contender and is none --------------------------------------------------

TEST_CASE("the container of a key that is a number is no contender", "[unit][lock_machine]")
{
    const std::string container = "0000000003";
    auto machine = begun();
    const auto watch = machine.resume(created(own, {container, own}));
    REQUIRE(watch.what == lock_step::watch);
    REQUIRE(watch.target == container);
    REQUIRE(machine.resume(watched(0)).what == lock_step::list); // a container has no owner

    REQUIRE(machine.resume(listed({container, own})).what == lock_step::believe);
    CHECK(machine.resume(succeeded()).what == lock_step::grant);
}

TEST_CASE("behind a node that nobody owns the next in front is watched", "[unit][lock_machine]")
{
    const std::string container = "0000000004"; // ties with `front`, and comes before it
    const std::string nearest = "0000000005";   // before `own` by name
    auto machine = begun();
    REQUIRE(machine.resume(created(own, {nearest, container, front, own})).target == nearest);
    machine.resume(watched(0));

    const auto next = machine.resume(listed({nearest, container, front, own}));
    REQUIRE(next.target == front);
    REQUIRE(machine.resume(watched()).what == lock_step::wait);
    REQUIRE(machine.resume(succeeded()).what == lock_step::list);

    REQUIRE(machine.resume(listed({nearest, container, own})).target == container);
    REQUIRE(machine.resume(watched(0)).what == lock_step::list);
    CHECK(machine.resume(listed({nearest, container, own})).what == lock_step::believe);
}

TEST_CASE("nodes that nobody owns fill no place of the queue once they are known",
          "[unit][lock_machine]")
{
    const std::string container = "0000000005";
    auto machine = begun({.waiters_max = 2});
    REQUIRE(machine.resume(created(own, {container, own})).target == container);
    machine.resume(watched(0));

    CHECK(machine.resume(listed({container, front, own})).target == front);
}

TEST_CASE("a node known to belong to nobody is known to the next attempt too",
          "[unit][lock_machine]")
{
    const std::string container = "0000000003";
    auto machine = begun();
    machine.resume(created(own, {container, own}));
    machine.resume(watched(0));

    CHECK(machine.resume(listed({container, behind})).what == lock_step::enqueue); // it is gone
    machine.attempt("_c_b8e4-lock-");
    const std::string anew = "_c_b8e4-lock-0000000009";
    CHECK(machine.resume(created(anew, {container, anew})).what == lock_step::believe);
}

// --- lost answers -----------------------------------------------------------------------------

TEST_CASE("an attempt whose create answer was lost finds its own node", "[unit][lock_machine]")
{
    auto machine = begun();
    REQUIRE(machine.resume(failed(reply_code::in_doubt)).what == lock_step::search);
    const auto read = machine.resume(listed({front, own}));
    REQUIRE(read.what == lock_step::read_own);
    REQUIRE(read.target == own);
    REQUIRE(machine.resume(owned_by(our_session, 77)).what == lock_step::list);

    const auto next = machine.resume(listed({front, own}));

    CHECK(next.what == lock_step::watch);
    CHECK(next.target == front);
    CHECK(machine.czxid() == 77);
}

TEST_CASE("a create that cannot be found is made anew, and the old one hunted",
          "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(failed(reply_code::in_doubt));

    const auto next = machine.resume(listed({front, behind}));

    CHECK(next.what == lock_step::enqueue);
    CHECK(next.ghost_risk);
    CHECK(machine.prefix() == mine); // what the ghost is to be looked for by
}

TEST_CASE("a search without a parent finds nothing and hunts all the same", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(failed(reply_code::in_doubt));

    const auto next = machine.resume(failed(reply_code::no_node));

    CHECK(next.what == lock_step::enqueue);
    CHECK(next.ghost_risk);
}

TEST_CASE("a search goes on until it is answered", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(failed(reply_code::in_doubt));

    for (int loss = 0; loss < 100; ++loss)
        REQUIRE(machine.resume(failed(reply_code::in_doubt)).what == lock_step::search);

    CHECK(machine.resume(listed({own})).what == lock_step::read_own);
}

TEST_CASE("a node of another session is never adopted", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(failed(reply_code::in_doubt));
    REQUIRE(machine.resume(listed({own})).what == lock_step::read_own);

    const auto next = machine.resume(owned_by(other_session));

    CHECK(next.what == lock_step::enqueue);
    CHECK(next.ghost_risk); // it blocks us until its session ends or it is removed
    CHECK(machine.czxid() == 0);
}

TEST_CASE("a node that nobody owns is not adopted either", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(failed(reply_code::in_doubt));
    machine.resume(listed({own}));

    CHECK(machine.resume(owned_by(0)).what == lock_step::enqueue);
}

TEST_CASE("the contender stands even if its listing was lost", "[unit][lock_machine]")
{
    for (const auto code : {reply_code::in_doubt,
                            reply_code::throttled,
                            reply_code::no_node,
                            reply_code::refused,
                            reply_code::no_auth,
                            reply_code::session_over}) {
        auto machine = begun();
        CAPTURE(static_cast<int>(code));
        CHECK(machine.resume(created_unlisted(code)).what == lock_step::list);
        CHECK(machine.own_name() == own);
        CHECK(machine.czxid() == our_czxid);
    }
}

TEST_CASE("a token that was read is kept when a later listing is throttled", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(failed(reply_code::in_doubt));
    machine.resume(listed({own}));
    machine.resume(owned_by(our_session, 77));

    const auto next = machine.resume(failed(reply_code::throttled));

    CHECK(next.what == lock_step::list);
    CHECK(next.pause);
    CHECK(machine.czxid() == 77);
}

// --- parents ----------------------------------------------------------------------------------

TEST_CASE("the key's parent is made only when it is missing", "[unit][lock_machine]")
{
    auto machine = begun();
    REQUIRE(machine.resume(failed(reply_code::no_node)).what == lock_step::make_parents);

    const auto next = machine.resume(succeeded());

    CHECK(next.what == lock_step::enqueue);
    CHECK_FALSE(next.ghost_risk); // the server said that nothing was created
    CHECK_FALSE(next.pause);
}

TEST_CASE("a parent that is cleaned away as often as it is made ends the attempt",
          "[unit][lock_machine]")
{
    auto machine = begun();
    int made = 0;
    auto next = machine.resume(failed(reply_code::no_node));

    while (next.what == lock_step::make_parents && made < 1'000) {
        ++made;
        next = machine.resume(succeeded());
        if (next.what == lock_step::enqueue)
            next = machine.resume(failed(reply_code::no_node));
    }

    CHECK(made == 65);
    CHECK(next.what == lock_step::finish);
    CHECK(next.error == errc::root_not_creatable);
}

TEST_CASE("a contender whose number no token has room for is not granted, and says so",
          "[unit][lock_machine]")
{
    auto machine = begun();
    auto first = created(own, {own});
    first.czxid = czxid_max + 1;
    machine.resume(first);

    const auto next = machine.resume(succeeded());

    CHECK(next.what == lock_step::finish);
    CHECK(next.error == errc::tokens_worn_out);
}

TEST_CASE("the last number that a token has room for is granted", "[unit][lock_machine]")
{
    auto machine = begun();
    auto first = created(own, {own});
    first.czxid = czxid_max;
    machine.resume(first);

    CHECK(machine.resume(succeeded()).what == lock_step::grant);
    CHECK(token_of(czxid_max, turns_max - 1).value() == INT64_MAX);
}

TEST_CASE("the last look at the queue tells whether somebody waits behind us",
          "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(created(own, {front, own, behind}));
    CHECK(machine.has_followers());
    machine.resume(watched());
    machine.resume(succeeded());

    machine.resume(listed({own}));
    CHECK_FALSE(machine.has_followers());

    auto together = begun();
    together.resume(created_together(true));
    CHECK_FALSE(together.has_followers());
}

// --- a place that is lost ---------------------------------------------------------------------

TEST_CASE("a contender that somebody deleted is replaced at the end of the queue",
          "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(created(own, {front, own}));
    machine.resume(watched());
    machine.resume(succeeded());

    const auto next = machine.resume(listed({front, behind}));

    CHECK(next.what == lock_step::enqueue);
    CHECK_FALSE(next.ghost_risk); // it was there and is gone: it cannot come again
}

TEST_CASE("a new attempt knows nothing of the one before it", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(created(own, {front, own}));
    machine.resume(watched());
    machine.resume(succeeded());
    REQUIRE(machine.resume(listed({front})).what == lock_step::enqueue);

    machine.attempt("_c_b8e4-lock-");

    CHECK(machine.prefix() == "_c_b8e4-lock-");
    CHECK(machine.own_name().empty());
    CHECK(machine.czxid() == 0);
}

TEST_CASE("a contender found deleted while it waits looks before it gives its place up",
          "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(created(own, {front, own}));
    machine.resume(watched());
    REQUIRE(machine.look_again().what == lock_step::list);

    CHECK(machine.resume(listed({front, own})).what == lock_step::watch);
}

TEST_CASE("a contender that was deleted before it could be believed is not granted",
          "[unit][lock_machine]")
{
    auto machine = begun();
    REQUIRE(machine.resume(created(own, {own})).what == lock_step::believe);
    REQUIRE(machine.resume(failed(reply_code::no_node)).what == lock_step::list);

    CHECK(machine.resume(listed({behind})).what == lock_step::enqueue);
}

TEST_CASE("evidence in doubt grants nothing", "[unit][lock_machine]")
{
    auto machine = begun();
    machine.resume(created(own, {own}));
    REQUIRE(machine.resume(failed(reply_code::in_doubt)).what == lock_step::list);
    REQUIRE(machine.resume(listed({own})).what == lock_step::believe);

    CHECK(machine.resume(succeeded()).what == lock_step::grant);
}

// --- limits -----------------------------------------------------------------------------------

TEST_CASE("one that may not wait gives up without an error when somebody is in front",
          "[unit][lock_machine]")
{
    auto machine = begun({.may_wait = false});

    const auto next = machine.resume(created(own, {front, own}));

    CHECK(next.what == lock_step::finish);
    CHECK_FALSE(next.error);
    CHECK(machine.own_name() == own); // for the driver to remove
}

TEST_CASE("one that may not wait is granted when nobody is in front", "[unit][lock_machine]")
{
    auto machine = begun({.may_wait = false});

    REQUIRE(machine.resume(created(own, {own, behind})).what == lock_step::believe);
    CHECK(machine.resume(succeeded()).what == lock_step::grant);
}

TEST_CASE("a queue takes as many waiters as it may have and refuses the next",
          "[unit][lock_machine]")
{
    const std::string farther = "_c_77dd-lock-0000000002";
    auto fits = begun({.waiters_max = 2});
    auto refused = begun({.waiters_max = 2});

    CHECK(fits.resume(created(own, {front, own, behind})).what == lock_step::watch);
    const auto next = refused.resume(created(own, {farther, front, own}));

    CHECK(next.what == lock_step::finish);
    CHECK(next.error == errc::queue_full);
}

TEST_CASE("the end of a parent's numbers is reported long before the counter freezes",
          "[unit][lock_machine]")
{
    struct row {
        std::string number;
        bool usable;
    };
    const row rows[] = {
        {"0000000000", true},
        {"2146483647", true},
        {"2146483648", false}, // sequence_limit
        {"2147483647", false},
        {"-2147483648", false},
    };

    for (const auto& [number, usable] : rows) {
        CAPTURE(number);
        auto plain = begun();
        const auto after_create = plain.resume(created(mine + number, {mine + number}));
        CHECK((after_create.what == lock_step::believe) == usable);
        CHECK((after_create.error == errc::queue_worn_out) == !usable);

        auto adopted = begun();
        adopted.resume(failed(reply_code::in_doubt));
        adopted.resume(listed({mine + number}));
        const auto after_read = adopted.resume(owned_by(our_session));
        CHECK((after_read.what == lock_step::list) == usable);
        CHECK((after_read.error == errc::queue_worn_out) == !usable);
    }
}

TEST_CASE("a server that answers a create with a name without a number is not understood",
          "[unit][lock_machine]")
{
    auto machine = begun();

    const auto next = machine.resume(created("nonsense", {"nonsense"}));

    CHECK(next.what == lock_step::finish);
    CHECK(next.error == errc::server_error);
}
