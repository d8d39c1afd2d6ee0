#include "recipes/lock_machine.hpp"

#include "recipes/contender.hpp"
#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// One attempt at a lock in a small world: a queue of znodes, in which others come and go, whose
// operator deletes at will, and whose answers get lost, come late or say no. The bytes choose what
// happens; when they are used up the world is kind, and then the lock must be granted.

namespace paddock::fuzz {
namespace {

using detail::lock_action;
using detail::lock_event;
using detail::lock_step;
using detail::reply_code;

constexpr std::int64_t our_session = 0x100;
constexpr std::int64_t other_session = 0x200;
constexpr std::int64_t no_session = 0;

struct node {
    std::string name;
    std::int64_t sequence;
    std::int64_t czxid;
    std::int64_t owner;
};

class world {
public:
    explicit world(input bytes) : bytes_(bytes)
    {
        bounds_.may_wait = bytes_.below(4) != 3;
        bounds_.waiters_max = bytes_.below(4) == 3 ? 2 : 10'000;
        next_sequence_ = bytes_.below(16) == 15 ? detail::sequence_limit - 3 : 0;
        machine_ = detail::lock_machine(bounds_, our_session);
    }

    void run()
    {
        auto action = machine_.start();
        require(action.what == lock_step::enqueue, "an attempt begins by queueing");
        for (int kind_steps = 0; kind_steps < 200;) {
            kind_steps += bytes_.empty() ? 1 : 0;
            if (action.what == lock_step::grant || action.what == lock_step::finish) {
                check_end(action);
                return;
            }
            action = step(action);
        }
        require(false, "in a kind world an attempt comes to an end");
    }

private:
    lock_action step(const lock_action& action)
    {
        live();
        if (action.what == lock_step::wait && bytes_.below(4) == 1)
            return machine_.look_again();
        const auto event = answer(action);
        auto next = machine_.resume(event);
        check(action, event, next);
        return next;
    }

    // --- the world ---

    static std::string name_of(const std::string& prefix, std::int64_t sequence)
    {
        std::array<char, 24> digits{};
        std::snprintf(digits.data(), digits.size(), "%010lld", static_cast<long long>(sequence));
        return prefix + digits.data();
    }

    const node& make(const std::string& prefix, std::int64_t owner)
    {
        const auto sequence = next_sequence_++;
        nodes_.push_back({name_of(prefix, sequence), sequence, ++zxid_, owner});
        return nodes_.back();
    }

    // Others come and go, and so does what is ours.
    void live()
    {
        if (bytes_.empty())
            std::erase_if(nodes_, [](const node& one) { return one.owner == other_session; });
        switch (bytes_.below(8)) {
        case 1:
            make("_c_other-lock-", other_session);
            break;
        case 2:
            make("somebody", other_session);
            break;
        case 3:
            make("", no_session); // the container of a key that is a number
            break;
        case 4:
            if (!nodes_.empty())
                nodes_.erase(nodes_.begin() +
                             static_cast<std::ptrdiff_t>(bytes_.below(nodes_.size())));
            break;
        case 5: // what answers to our create's name, but is another session's
            if (unresolved_ && ours().empty())
                make(machine_.prefix(), other_session);
            break;
        case 6:
            parents_ = !parents_ || !nodes_.empty();
            break;
        default:
            break;
        }
    }

    const node* find(const std::string& name) const
    {
        const auto found = std::find_if(
            nodes_.begin(), nodes_.end(), [&](const node& one) { return one.name == name; });
        return found == nodes_.end() ? nullptr : &*found;
    }

    std::vector<std::string> ours() const
    {
        std::vector<std::string> names;
        for (const auto& one : nodes_) {
            if (one.owner == our_session)
                names.push_back(one.name);
        }
        return names;
    }

    void list(lock_event& event) const
    {
        for (const auto& one : nodes_)
            event.names.push_back(one.name);
        event.names.emplace_back("leases"); // somebody else's child
    }

    // --- answers ---

    reply_code trouble()
    {
        constexpr reply_code rare[] = {reply_code::node_exists,
                                       reply_code::not_empty,
                                       reply_code::no_auth,
                                       reply_code::refused,
                                       reply_code::session_over};
        switch (bytes_.below(16)) {
        case 1:
        case 2:
            return reply_code::in_doubt;
        case 3:
            return reply_code::throttled;
        case 4:
            refused_ = true;
            return rare[bytes_.below(std::size(rare))];
        default:
            return reply_code::ok;
        }
    }

    lock_event answer(const lock_action& action)
    {
        lock_event event;
        event.code = trouble();
        switch (action.what) {
        case lock_step::enqueue:
            if (action.ghost_risk) // the driver has it reaped
                std::erase_if(nodes_, [](const node& one) { return one.owner == our_session; });
            enqueue(event);
            break;
        case lock_step::make_parents:
            if (event.code == reply_code::ok ||
                (event.code == reply_code::in_doubt && bytes_.flag()))
                parents_ = true;
            break;
        case lock_step::search:
        case lock_step::list:
            if (event.code == reply_code::ok)
                listed(event, event.code);
            break;
        case lock_step::read_own:
        case lock_step::watch:
            stat(action.target, event);
            break;
        case lock_step::believe: {
            const bool there = find(machine_.own_name()) != nullptr;
            if (event.code == reply_code::ok && !there)
                event.code = reply_code::no_node;
            break;
        }
        default:
            event.code = reply_code::ok;
            break;
        }
        return event;
    }

    void listed(lock_event& event, reply_code& code)
    {
        if (parents_)
            list(event);
        else
            code = reply_code::no_node;
    }

    void enqueue(lock_event& event)
    {
        require(!unresolved_, "a create in doubt is looked for, never sent again");
        require(ours().empty(), "an attempt that is given up leaves nothing behind");
        machine_.attempt("_c_" + std::to_string(++attempts_) + "-lock-");
        const bool arrives =
            event.code == reply_code::ok || (event.code == reply_code::in_doubt && bytes_.flag());
        unresolved_ = event.code == reply_code::in_doubt;
        if (event.code == reply_code::ok && !parents_)
            event.code = reply_code::no_node;
        if (arrives && parents_) {
            const auto& made = make(machine_.prefix(), our_session);
            if (event.code == reply_code::ok) {
                event.name = made.name;
                event.czxid = made.czxid;
            }
        }
        live(); // between the create and the listing
        event.list_code = trouble();
        if (event.list_code == reply_code::ok)
            listed(event, event.list_code);
    }

    void stat(const std::string& name, lock_event& event) const
    {
        if (event.code != reply_code::ok)
            return;
        const auto* found = find(name);
        if (found == nullptr) {
            event.code = reply_code::no_node;
            return;
        }
        event.owner = found->owner;
        event.czxid = found->czxid;
    }

    // --- what the rules say ---

    void check(const lock_action& done, const lock_event& event, const lock_action& next)
    {
        const bool ok = event.code == reply_code::ok;
        if (done.what == lock_step::search && (ok || event.code == reply_code::no_node))
            unresolved_ = false;
        const bool listing =
            (done.what == lock_step::list && ok) ||
            (done.what == lock_step::enqueue && ok && event.list_code == reply_code::ok);
        if (listing)
            listing_ = event.names;
        if (done.what == lock_step::watch && ok && event.owner == no_session)
            foreign_.insert(done.target);
        if (done.what == lock_step::make_parents)
            require(++parents_made_ <= 65, "parents are not made for ever");
        if (next.what == lock_step::believe)
            require(listing && first_in(listing_), "only a listing with us in front leads on");
        if (next.what == lock_step::grant)
            check_grant(done, ok);
        if (next.what == lock_step::watch)
            check_watch(next.target);
        if (next.what == lock_step::wait)
            require(done.what == lock_step::watch && ok && event.owner != no_session,
                    "who waits has a watch on somebody's contender");
        require(!next.pause || event.code == reply_code::throttled, "a pause is for a busy server");
        require(next.what == lock_step::finish || !next.error, "who goes on reports no error");
    }

    bool in_front(const std::string& name) const
    {
        const auto other = detail::parse_contender(name);
        const auto own = detail::parse_contender(machine_.own_name());
        return other && own && !foreign_.contains(name) &&
               std::pair(other->sequence, other->name) < std::pair(own->sequence, own->name);
    }

    bool first_in(const std::vector<std::string>& names) const
    {
        const auto& own = machine_.own_name();
        return !own.empty() && std::find(names.begin(), names.end(), own) != names.end() &&
               std::none_of(
                   names.begin(), names.end(), [&](const auto& name) { return in_front(name); });
    }

    void check_grant(const lock_action& done, bool ok) const
    {
        require(done.what == lock_step::believe && ok, "a grant follows committed evidence");
        require(first_in(listing_), "a grant follows a listing that shows us first");
        const auto* own = find(machine_.own_name());
        require(own != nullptr && own->owner == our_session, "only this session's node is granted");
        require(machine_.czxid() == own->czxid, "the token is the node's own");
        require(own->name.starts_with(machine_.prefix()), "the node is of the present attempt");
    }

    void check_watch(const std::string& target) const
    {
        require(bounds_.may_wait || !detail::is_known_form(target), "who may not wait looks once");
        require(target != machine_.own_name() && in_front(target), "what is watched is in front");
        for (const auto& name : listing_) {
            const bool between = in_front(name) && detail::place_of(listing_, name).in_front >
                                                       detail::place_of(listing_, target).in_front;
            require(!between, "nobody stands between the two");
        }
    }

    void check_end(const lock_action& end)
    {
        const bool worn_out = end.error == errc::queue_worn_out;
        const bool full = end.error == errc::queue_full;
        if (worn_out)
            require(refused_ || next_sequence_ >= detail::sequence_limit,
                    "numbers are used up only near the end");
        if (full)
            require(bounds_.waiters_max == 2, "a queue is full only at its limit");
        const bool gave_up = end.what == lock_step::finish && !end.error;
        require(!gave_up || !bounds_.may_wait, "who may wait does not give up");
        if (end.what == lock_step::finish && !gave_up && !worn_out && !full)
            require(refused_ || parents_made_ > 64, "nothing ends with an error that nobody gave");
        for (const auto& name : ours()) {
            const bool known = machine_.own_name().empty() ? name.starts_with(machine_.prefix())
                                                           : name == machine_.own_name();
            require(known, "what is left at the end is what the driver deletes");
        }
        for (const auto code : {reply_code::ok, reply_code::in_doubt, reply_code::session_over})
            require(machine_.resume({.code = code}).what == lock_step::finish, "an end is an end");
    }

    input bytes_;
    detail::lock_machine::limits bounds_;
    detail::lock_machine machine_{{}, our_session};
    std::vector<node> nodes_;
    std::int64_t next_sequence_{0};
    std::int64_t zxid_{0x5'0000'0000};
    bool parents_{false};
    int attempts_{0};
    int parents_made_{0};
    bool unresolved_{false};
    bool refused_{false};
    std::vector<std::string> listing_;
    std::set<std::string> foreign_;
};

} // namespace

void lock_machine(input bytes)
{
    world(bytes).run();
}

} // namespace paddock::fuzz
