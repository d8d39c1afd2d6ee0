#include "recipes/contender.hpp"
#include "test/unit/chance.hpp"
#include "test/unit/lock_transcript.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace paddock::test;
using paddock::detail::lock_action;

namespace {

// One random life of an attempt: answers of any kind at any step, and a bookkeeper who remembers
// what the rules speak of.
class life {
public:
    life(std::uint32_t seed, lock_machine::limits bounds)
        : chance_(seed), bounds_(bounds), machine_(bounds, our_session)
    {
    }

    void run()
    {
        auto action = machine_.start();
        for (int step = 0; step < 300; ++step) {
            note(action);
            if (action.what == lock_step::grant || action.what == lock_step::finish) {
                check_end();
                return;
            }
            const auto event = answer(action);
            const bool interrupted = action.what == lock_step::wait && chance_.one_in(4);
            const auto next = interrupted ? machine_.look_again() : machine_.resume(event);
            check(action, event, next);
            action = next;
        }
    }

    bool granted() const { return granted_; }
    bool granted_past_foreign() const { return granted_ && !known_foreign_.empty(); }

private:
    struct other {
        std::string name;
        std::int64_t sequence;
    };

    // What has a contender's name but belongs to no session, such as the container of a number.
    static bool is_foreign(const std::string& name) { return name.find('-') == std::string::npos; }

    // --- answers ---

    lock_event answer(const lock_action& action)
    {
        lock_event event;
        event.code = random_code();
        event.list_code = chance_.one_in(4) ? random_code() : reply_code::ok;
        event.czxid = static_cast<std::int64_t>(1 + chance_.below(1'000'000));
        event.owner = chance_.one_in(3) ? other_session : our_session;
        if (action.what == lock_step::watch)
            event.owner = is_foreign(action.target) ? 0 : other_session;
        if (action.what == lock_step::enqueue && event.code == reply_code::ok)
            event.name = own_ = machine_.prefix() + number(own_sequence_ = random_sequence());
        if (action.what == lock_step::search) { // it may have been created, or not
            own_sequence_ = random_sequence();
            own_ = machine_.prefix() + number(own_sequence_);
        }
        others_.clear();
        for (auto left = chance_.below(4); left > 0; --left) {
            const auto sequence = static_cast<std::int64_t>(chance_.below(100));
            others_.push_back(
                {"_c_other" + std::to_string(left) + "-lock-" + number(sequence), sequence});
            event.names.push_back(others_.back().name);
        }
        own_listed_ = !own_.empty() && !chance_.one_in(5);
        if (own_listed_)
            event.names.insert(event.names.begin() +
                                   static_cast<long>(chance_.below(event.names.size() + 1)),
                               own_);
        if (chance_.one_in(4))
            event.names.emplace_back("leases"); // somebody else's child
        if (chance_.one_in(4)) {
            const auto sequence = static_cast<std::int64_t>(chance_.below(3));
            others_.push_back({number(sequence), sequence});
            event.names.push_back(others_.back().name);
        }
        return event;
    }

    reply_code random_code()
    {
        if (!chance_.one_in(3))
            return reply_code::ok;
        const std::vector<reply_code> likely{reply_code::in_doubt,
                                             reply_code::no_node,
                                             reply_code::throttled,
                                             reply_code::in_doubt,
                                             reply_code::no_node};
        const std::vector<reply_code> rare{reply_code::node_exists,
                                           reply_code::not_empty,
                                           reply_code::no_auth,
                                           reply_code::refused,
                                           reply_code::session_over};
        return chance_.one_in(12) ? chance_.pick(rare) : chance_.pick(likely);
    }

    std::int64_t random_sequence()
    {
        return chance_.one_in(50) ? 2'147'483'600 : static_cast<std::int64_t>(chance_.below(100));
    }

    static std::string number(std::int64_t sequence)
    {
        const auto digits = std::to_string(sequence);
        return std::string(10 - digits.size(), '0') + digits;
    }

    // --- what the rules say ---

    void note(const lock_action& action)
    {
        if (action.what != lock_step::enqueue)
            return;
        REQUIRE_FALSE(create_in_doubt_); // a create in doubt is looked for, never sent again
        machine_.attempt("_c_attempt" + std::to_string(++attempts_) + "-lock-");
        own_.clear();
        shown_first_ = false;
        token_ = 0;
    }

    // Before us, as far as the machine can know.
    bool in_front(const other& o) const
    {
        const bool known =
            std::find(known_foreign_.begin(), known_foreign_.end(), o.name) != known_foreign_.end();
        return !known && std::pair(o.sequence, o.name) < std::pair(own_sequence_, own_);
    }

    bool own_is_first() const
    {
        return own_listed_ && std::none_of(others_.begin(), others_.end(), [&](const other& o) {
                   return in_front(o);
               });
    }

    void check(const lock_action& done, const lock_event& event, const lock_action& next)
    {
        const bool ok = event.code == reply_code::ok;
        if (done.what == lock_step::watch && ok)
            check_watched(done.target, next);
        const bool answered = ok || event.code == reply_code::no_node;
        if (done.what == lock_step::enqueue) {
            create_in_doubt_ = event.code == reply_code::in_doubt;
            shown_first_ = ok && event.list_code == reply_code::ok && own_is_first();
            token_ = ok ? event.czxid : 0;
        }
        if (done.what == lock_step::search && answered)
            create_in_doubt_ = false;
        if (done.what == lock_step::list)
            shown_first_ = ok && own_is_first();
        if (done.what == lock_step::read_own && ok)
            check_adoption(event, next);
        if (done.what == lock_step::make_parents)
            REQUIRE(++parents_made_ <= 65);
        check_next(done, event, next);
    }

    // What belongs to no session would never leave: it is not waited for, and known from then on.
    void check_watched(const std::string& target, const lock_action& next)
    {
        REQUIRE(next.what == (is_foreign(target) ? lock_step::list : lock_step::wait));
        if (is_foreign(target))
            known_foreign_.push_back(target);
    }

    void check_adoption(const lock_event& event, const lock_action& next)
    {
        if (event.owner != our_session) {
            REQUIRE(next.what == lock_step::enqueue);
            REQUIRE(machine_.czxid() == 0);
        } else {
            token_ = event.czxid;
        }
    }

    void check_next(const lock_action& done, const lock_event& event, const lock_action& next)
    {
        if (next.what == lock_step::believe)
            REQUIRE(shown_first_);
        if (next.what == lock_step::grant) {
            REQUIRE(done.what == lock_step::believe);
            REQUIRE(event.code == reply_code::ok);
            REQUIRE(shown_first_);
            REQUIRE(machine_.own_name() == own_);
            REQUIRE(machine_.own_name().starts_with(machine_.prefix()));
            REQUIRE(token_ != 0);
            REQUIRE(machine_.czxid() == token_);
            granted_ = true;
        }
        if (next.what == lock_step::watch)
            check_watch(next);
        if (next.what == lock_step::wait)
            REQUIRE(done.what == lock_step::watch);
        if (next.pause)
            REQUIRE(event.code == reply_code::throttled);
        if (next.what != lock_step::finish)
            REQUIRE_FALSE(next.error);
    }

    void check_watch(const lock_action& next)
    {
        REQUIRE((bounds_.may_wait ||
                 !paddock::detail::is_known_form(next.target))); // else it looks only once
        REQUIRE(next.target != machine_.own_name());
        REQUIRE(static_cast<std::size_t>(std::count_if(
                    others_.begin(), others_.end(), [&](const other& o) { return in_front(o); })) <
                bounds_.waiters_max);
        const auto watched = std::find_if(
            others_.begin(), others_.end(), [&](const other& o) { return o.name == next.target; });
        REQUIRE(watched != others_.end());
        REQUIRE(in_front(*watched));
        for (const auto& o : others_) // nobody between the two
            REQUIRE_FALSE((in_front(o) && std::pair(o.sequence, o.name) >
                                              std::pair(watched->sequence, watched->name)));
    }

    void check_end()
    {
        for (int again = 0; again < 3; ++again) {
            lock_action unused;
            REQUIRE(machine_.resume(answer(unused)).what == lock_step::finish);
        }
    }

    chance chance_;
    lock_machine::limits bounds_;
    lock_machine machine_;
    int attempts_{0};
    int parents_made_{0};
    std::string own_; // as the server made it; empty: not made
    std::int64_t own_sequence_{0};
    std::vector<other> others_; // of the newest listing
    std::vector<std::string> known_foreign_;
    bool own_listed_{false};
    bool shown_first_{false};
    bool create_in_doubt_{false};
    bool granted_{false};
    std::int64_t token_{0};
};

} // namespace

TEST_CASE("whatever is answered, the rules of the lock hold", "[unit][lock_machine]")
{
    const lock_machine::limits limits[] = {{}, {.may_wait = false}, {.waiters_max = 1}};
    int grants = 0;
    int grants_past_foreign = 0;

    for (std::uint32_t run = 0; run < 10'000; ++run) {
        const auto seed = seed_of_run(run);
        INFO(replay(seed));
        life one(seed, limits[seed % std::size(limits)]);
        one.run();
        grants += one.granted() ? 1 : 0;
        grants_past_foreign += one.granted_past_foreign() ? 1 : 0;
    }

    CHECK(grants > 1'000); // else the rules were hardly tried
    CHECK(grants_past_foreign > 100);
}
