#include "src/contenders.hpp"
#include "test/unit/chance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using paddock::errc;
using paddock::detail::contender_owner;
using paddock::detail::contenders;

namespace {

struct owner final : contender_owner {
    std::function<void()> missing{[] {}};
    std::function<void(errc)> ended{[](errc) {}};

    void on_missing() override { missing(); }
    void on_session_end(errc why) override { ended(why); }
};

std::shared_ptr<owner> anybody()
{
    return std::make_shared<owner>();
}

std::shared_ptr<owner> who_is_told(std::function<void()> missing)
{
    auto made = anybody();
    made->missing = std::move(missing);
    return made;
}

std::shared_ptr<owner> who_hears_the_end(std::function<void(errc)> ended)
{
    auto made = anybody();
    made->ended = std::move(ended);
    return made;
}

// At a path such as "/1".
contenders::id add_at(contenders& registry, const std::string& path)
{
    const auto who = registry.add(anybody());
    registry.set_path(who, "", path.substr(1));
    return who;
}

contenders::portion paths(std::size_t most)
{
    return {.paths = most, .bytes = 1'000'000};
}

} // namespace

TEST_CASE("a turn is no longer than a server accepts in one request, and never empty for that",
          "[unit][contenders]")
{
    contenders registry;
    for (const auto* path : {"/aaaa", "/bbbb", "/cccc"})
        add_at(registry, path);

    const contenders::portion two{.paths = 100, .bytes = 10};
    CHECK(registry.take_turn(two) == std::vector<std::string>{"/aaaa", "/bbbb"});
    CHECK(registry.take_turn(two) == std::vector<std::string>{"/cccc", "/aaaa"});
    const contenders::portion none{.paths = 100, .bytes = 1};
    CHECK(registry.take_turn(none) == std::vector<std::string>{"/bbbb"});
}

TEST_CASE("checks take turns, so that none waits for ever", "[unit][contenders]")
{
    contenders registry;
    for (const auto* path : {"/1", "/2", "/3", "/4", "/5"})
        add_at(registry, path);

    CHECK(registry.take_turn(paths(2)) == std::vector<std::string>{"/1", "/2"});
    CHECK(registry.take_turn(paths(2)) == std::vector<std::string>{"/3", "/4"});
    CHECK(registry.take_turn(paths(2)) == std::vector<std::string>{"/5", "/1"});
    CHECK(registry.take_turn(paths(9)) == std::vector<std::string>{"/2", "/3", "/4", "/5", "/1"});
}

TEST_CASE("a turn is never longer than asked for and names nobody twice", "[unit][contenders]")
{
    contenders registry;
    add_at(registry, "/1");
    add_at(registry, "/2");

    CHECK(registry.take_turn(paths(10)).size() == 2);
    CHECK(registry.take_turn(paths(0)).empty());
    CHECK(contenders().take_turn(paths(10)).empty());
}

TEST_CASE("an attempt without a znode is not checked", "[unit][contenders]")
{
    contenders registry;
    registry.add(anybody());
    const auto named = add_at(registry, "/1");
    registry.add(anybody());

    CHECK(registry.take_turn(paths(2)) == std::vector<std::string>{"/1"});
    registry.set_path(named, "", "");
    CHECK(registry.take_turn(paths(2)).empty());
}

TEST_CASE("the turn goes on where it was when the last one checked has left", "[unit][contenders]")
{
    contenders registry;
    add_at(registry, "/1");
    const auto second = add_at(registry, "/2");
    add_at(registry, "/3");
    registry.take_turn(paths(2));

    registry.remove(second);

    CHECK(registry.take_turn(paths(1)) == std::vector<std::string>{"/3"});
    CHECK(registry.take_turn(paths(1)) == std::vector<std::string>{"/1"});
}

TEST_CASE("everybody is checked within two rounds, whoever comes and goes", "[unit][contenders]")
{
    const auto seed = paddock::test::seed_of_run(0);
    paddock::test::chance chance(seed);
    INFO(paddock::test::replay(seed));
    contenders registry;
    std::map<std::string, int> unchecked; // turns that passed without the path
    std::map<std::string, contenders::id> ids;
    constexpr std::size_t at_once = 5;
    constexpr std::size_t most = 40;

    for (int turn = 0; turn < 5'000; ++turn) {
        if (ids.size() < most) {
            const auto path = "/" + std::to_string(turn);
            ids[path] = add_at(registry, path);
            unchecked[path] = 0;
        }
        if (chance.one_in(2)) {
            const auto gone = std::next(ids.begin(), static_cast<long>(chance.below(ids.size())));
            registry.remove(gone->second);
            unchecked.erase(gone->first);
            ids.erase(gone);
        }
        for (auto& [path, turns] : unchecked)
            ++turns;
        for (const auto& path : registry.take_turn(paths(at_once))) {
            REQUIRE(unchecked.contains(path));
            unchecked[path] = 0;
        }
        for (const auto& [path, turns] : unchecked)
            REQUIRE(turns <= static_cast<int>(2 * most / at_once));
    }
}

TEST_CASE("the owner of a missing znode is told, and nobody else", "[unit][contenders]")
{
    contenders registry;
    int told = 0;
    const auto who = registry.add(who_is_told([&] { ++told; }));
    registry.set_path(who, "", "1");
    add_at(registry, "/2");

    registry.take_missing("/1")->on_missing();

    CHECK(told == 1);
    CHECK_FALSE(registry.take_missing("/3"));
}

TEST_CASE("a znode that was found missing is not checked again", "[unit][contenders]")
{
    contenders registry;
    const auto who = registry.add(anybody());
    registry.set_path(who, "", "1");
    add_at(registry, "/2");

    CHECK(registry.take_missing("/1"));

    CHECK(registry.take_turn(paths(10)) == std::vector<std::string>{"/2"});
    registry.set_path(who, "", "3"); // it queues again
    CHECK(registry.take_turn(paths(10)) == std::vector<std::string>{"/3", "/2"});
}

TEST_CASE("nobody is told of a znode whose owner has left", "[unit][contenders]")
{
    contenders registry;
    const auto who = add_at(registry, "/1");

    registry.remove(who);

    CHECK_FALSE(registry.take_missing("/1"));
    CHECK(registry.size() == 0);
}

TEST_CASE("a hold takes over the events of its attempt and keeps its path", "[unit][contenders]")
{
    contenders registry;
    std::vector<std::string> told;
    const auto who = registry.add(who_is_told([&] { told.emplace_back("attempt"); }));
    registry.set_path(who, "", "1");

    registry.replace(who, who_is_told([&] { told.emplace_back("hold"); }));
    registry.take_missing("/1")->on_missing();

    CHECK(told == std::vector<std::string>{"hold"});
    CHECK(registry.size() == 1);
}

TEST_CASE("a path is told by its parent and its name", "[unit][contenders]")
{
    contenders registry;
    const auto who = registry.add(anybody());
    CHECK(registry.path_of(who).empty());
    registry.set_path(who, "/a/b", "c");
    CHECK(registry.path_of(who) == "/a/b/c");
    CHECK(registry.take_turn(paths(1)) == std::vector<std::string>{"/a/b/c"});

    registry.set_path(who, "/a", "b-c"); // as long, with the same ends
    CHECK(registry.path_of(who) == "/a/b-c");
    registry.set_path(who, "/a", "");
    CHECK(registry.path_of(who).empty());
    registry.remove(who);
    CHECK(registry.path_of(who).empty());
}

TEST_CASE("calls for one who has left do nothing", "[unit][contenders]")
{
    contenders registry;
    const auto who = add_at(registry, "/1");
    registry.remove(who);

    registry.set_path(who, "", "1");
    registry.replace(who, anybody());
    registry.remove(who);

    CHECK(registry.size() == 0);
    CHECK(registry.take_turn(paths(1)).empty());
}

TEST_CASE("at the end of a session everybody is told, in order of arrival", "[unit][contenders]")
{
    contenders registry;
    std::vector<std::pair<int, errc>> told;
    for (const int number : {1, 2, 3})
        registry.add(
            who_hears_the_end([&told, number](errc why) { told.emplace_back(number, why); }));

    for (const auto& each : registry.take_all())
        each->on_session_end(errc::session_lost);

    const std::vector<std::pair<int, errc>> expected{
        {1, errc::session_lost}, {2, errc::session_lost}, {3, errc::session_lost}};
    CHECK(told == expected);
    CHECK(registry.size() == 0);
}

TEST_CASE("contenders are numbered from one and no number comes twice", "[unit][contenders]")
{
    contenders registry;
    std::set<contenders::id> seen;

    for (int count = 0; count < 100; ++count) {
        const auto who = registry.add(anybody());
        CHECK(who != 0);
        CHECK(seen.insert(who).second);
        registry.take_all();
    }
}

namespace {

// Who waits for which own znodes, by letters.
struct waits {
    contenders registry;
    std::string woken;

    contenders::watch_id behind(const std::string& path, char who)
    {
        return registry.watch(path, [this, who] { woken += who; });
    }

    std::string wake()
    {
        woken.clear();
        for (const auto& freed : registry.take_freed())
            freed();
        return woken;
    }
};

} // namespace

TEST_CASE("who waits for an own znode is woken once it is nobody's", "[unit][contenders][waiters]")
{
    waits w;
    const auto who = add_at(w.registry, "/1");
    REQUIRE(w.behind("/1", 'a') >= contenders::first_watch);
    CHECK_FALSE(w.registry.anybody_freed());
    CHECK(w.wake().empty());

    SECTION("its owner leaves")
    {
        w.registry.remove(who);
    }
    SECTION("its owner has no znode any more")
    {
        w.registry.set_path(who, "", "");
    }
    SECTION("its owner has another znode")
    {
        w.registry.set_path(who, "", "2");
    }
    SECTION("it was found missing")
    {
        w.registry.take_missing("/1")->on_missing();
    }
    SECTION("it is deleted, and confirmed to be gone")
    {
        w.registry.remove(who);
        w.registry.doom("/1");
        CHECK(w.registry.anybody_freed()); // nobody's in between
        CHECK(w.wake().empty());           // and not at the time of waking
        w.registry.confirm_gone("/1");
    }
    SECTION("it is deleted before its owner leaves")
    {
        w.registry.doom("/1");
        w.registry.remove(who);
        CHECK_FALSE(w.registry.anybody_freed());
        w.registry.confirm_gone("/1");
    }

    CHECK(w.registry.anybody_freed());
    CHECK(w.wake() == "a");
    CHECK(w.registry.waiting() == 0);
    CHECK(w.wake().empty());
    CHECK_FALSE(w.registry.anybody_freed());
    CHECK(w.behind("/1", 'b') == 0); // it is no own znode any more
}

TEST_CASE("only own znodes are waited for here", "[unit][contenders][waiters]")
{
    waits w;
    CHECK(w.behind("/1", 'a') == 0);
    const auto who = w.registry.add(anybody());
    CHECK(w.behind("", 'a') == 0);

    w.registry.set_path(who, "", "1");
    CHECK(w.behind("/2", 'a') == 0);
    CHECK(w.behind("/1", 'a') != 0);

    w.registry.doom("/3");
    CHECK(w.behind("/3", 'b') != 0);
    w.registry.confirm_gone("/3");
    CHECK(w.behind("/3", 'c') == 0); // whoever waits for it is about to be woken
    CHECK(w.wake() == "b");
    CHECK(w.registry.waiting() == 1);
}

TEST_CASE("who does not wait any more is not woken", "[unit][contenders][waiters]")
{
    waits w;
    const auto who = add_at(w.registry, "/1");
    const auto first = w.behind("/1", 'a');
    const auto second = w.behind("/1", 'b');
    const auto third = w.behind("/1", 'c');
    CHECK(first != second);
    CHECK(second != third);

    CHECK(w.registry.unwatch(second));
    CHECK_FALSE(w.registry.unwatch(second));
    CHECK_FALSE(w.registry.unwatch(1)); // a number of somebody else's
    w.registry.remove(who);
    CHECK(w.registry.unwatch(third)); // between the end of the znode and the waking

    CHECK(w.wake() == "a");
    CHECK_FALSE(w.registry.unwatch(first));
}

TEST_CASE("a znode that gets its owner back before anybody is woken is waited for on",
          "[unit][contenders][waiters]")
{
    waits w;
    const auto who = add_at(w.registry, "/1");
    w.behind("/1", 'a');
    w.registry.set_path(who, "", "");
    w.registry.set_path(who, "", "1");
    CHECK(w.wake().empty());

    w.registry.set_path(who, "", "1"); // says nothing new
    CHECK_FALSE(w.registry.anybody_freed());
    w.registry.set_path(who, "", "2");

    CHECK(w.wake() == "a");
}

TEST_CASE("a znode that two delete is gone when both say so", "[unit][contenders][waiters]")
{
    waits w;
    w.registry.doom("/1");
    w.registry.doom("/1");
    w.behind("/1", 'a');
    w.registry.confirm_gone("/1");
    CHECK(w.wake().empty());
    w.registry.confirm_gone("/1");
    CHECK(w.wake() == "a");
    w.registry.confirm_gone("/1"); // one too many does nothing
    CHECK(w.wake().empty());
}

TEST_CASE("a znode has one owner, the latest", "[unit][contenders][waiters]")
{
    waits w;
    const auto first = add_at(w.registry, "/1");
    const auto second = add_at(w.registry, "/1");
    w.behind("/1", 'a');

    CHECK(w.registry.take_turn(paths(10)) == std::vector<std::string>{"/1"});
    w.registry.remove(first);
    CHECK(w.wake().empty());
    w.registry.remove(second);

    CHECK(w.wake() == "a");
}

TEST_CASE("a znode that is being deleted is neither checked nor missed",
          "[unit][contenders][waiters]")
{
    waits w;
    w.registry.remove(add_at(w.registry, "/1"));
    w.registry.doom("/1");
    w.behind("/1", 'a');

    CHECK(w.registry.take_turn(paths(10)).empty());
    CHECK_FALSE(w.registry.take_missing("/1"));
    CHECK(w.wake().empty());
}

TEST_CASE("at the end of a session nobody waits any more", "[unit][contenders][waiters]")
{
    waits w;
    add_at(w.registry, "/1");
    const auto freed = add_at(w.registry, "/2");
    w.behind("/1", 'a');
    w.behind("/2", 'b');
    w.registry.doom("/3");
    w.behind("/3", 'c');
    w.registry.remove(freed);

    w.registry.take_all();

    CHECK(w.wake().empty());
    CHECK(w.registry.waiting() == 0);
    w.registry.confirm_gone("/3");
    CHECK(w.wake().empty());
}
