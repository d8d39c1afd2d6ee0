#include "recipes/lock_machine.hpp"

#include "recipes/contender.hpp"
#include "src/hold_number.hpp"

#include <algorithm>
#include <utility>

namespace paddock::detail {
namespace {

// Container clean-up can take a parent away between making it and using it, but not this often.
constexpr unsigned parents_made_max = 64;

// What a server gives as its reason for making nothing. A refusal without a reason that is known
// says less: an answer that could not be read is one.
bool made_nothing(reply_code create)
{
    return create == reply_code::no_node || create == reply_code::node_exists ||
           create == reply_code::no_auth || create == reply_code::throttled;
}

bool is_usable(std::int64_t sequence)
{
    return sequence >= 0 && sequence < sequence_limit;
}

std::vector<std::string> without(std::vector<std::string> names,
                                 const std::vector<std::string>& foreign)
{
    std::erase_if(names, [&](const std::string& name) {
        return std::find(foreign.begin(), foreign.end(), name) != foreign.end();
    });
    return names;
}

} // namespace

lock_machine::lock_machine(limits bounds, std::int64_t session_id)
    : bounds_(bounds), session_id_(session_id)
{
}

lock_action lock_machine::start()
{
    return next(lock_step::enqueue);
}

void lock_machine::attempt(std::string prefix)
{
    prefix_ = std::move(prefix);
    own_.clear();
    czxid_ = 0;
    has_followers_ = false;
}

lock_action lock_machine::resume(const lock_event& last)
{
    switch (doing_) {
    case lock_step::enqueue:
        return after_enqueue(last);
    case lock_step::make_parents:
        return after_parents(last);
    case lock_step::search:
        return after_search(last);
    case lock_step::read_own:
        return after_read_own(last);
    case lock_step::list:
        return after_list(last);
    case lock_step::watch:
        return after_watch(last);
    case lock_step::wait:
        return next(lock_step::list); // an event grants nothing: look
    case lock_step::believe:
        return after_believe(last);
    case lock_step::grant:
    case lock_step::finish:
        break;
    }
    return finish(errc::server_error); // resumed after the end: a bug of the driver
}

lock_action lock_machine::look_again()
{
    return next(lock_step::list);
}

lock_action lock_machine::after_enqueue(const lock_event& last)
{
    if (made_nothing(last.code))
        prefix_.clear(); // nothing to look for, whoever gives up next
    if (last.code == reply_code::in_doubt)
        return next(lock_step::search);
    if (last.code == reply_code::no_node)
        return next(lock_step::make_parents);
    if (last.code == reply_code::throttled) {
        auto again = enqueue_again(false);
        again.pause = true;
        return again;
    }
    if (last.code == reply_code::node_exists)
        return finish(errc::queue_worn_out); // the frozen counter gave the same number twice
    if (last.code != reply_code::ok)
        return fail(last.code);
    own_ = last.name;
    czxid_ = last.czxid;
    const auto self = parse_contender(own_);
    if (!self || !is_usable(self->sequence))
        return finish(self ? errc::queue_worn_out : errc::server_error);
    if (last.only_child)
        return next(lock_step::believe);
    if (last.list_code != reply_code::ok)
        return next(lock_step::list); // whatever became of the listing, the contender stands
    return decide(last.names);
}

lock_action lock_machine::after_parents(const lock_event& last)
{
    switch (last.code) {
    case reply_code::throttled: {
        auto again = next(lock_step::make_parents);
        again.pause = true;
        return again;
    }
    case reply_code::ok:
    case reply_code::node_exists:
    case reply_code::in_doubt: // making a parent twice does no harm: the enqueue will tell
        break;
    case reply_code::session_over:
        return finish(errc::session_lost);
    default:
        return finish(errc::root_not_creatable);
    }
    if (++parents_made_ > parents_made_max)
        return finish(errc::root_not_creatable);
    return enqueue_again(false);
}

lock_action lock_machine::after_search(const lock_event& last)
{
    if (last.code == reply_code::in_doubt || last.code == reply_code::throttled) {
        auto again = next(lock_step::search);
        again.pause = last.code == reply_code::throttled;
        return again;
    }
    if (last.code != reply_code::ok && last.code != reply_code::no_node)
        return fail(last.code);
    own_ = find_attempt(last.names, prefix_);
    if (own_.empty())
        return enqueue_again(true);
    return next(lock_step::read_own, own_);
}

lock_action lock_machine::after_read_own(const lock_event& last)
{
    if (last.code == reply_code::in_doubt)
        return next(lock_step::read_own, own_);
    if (last.code == reply_code::no_node)
        return enqueue_again(false);
    if (last.code != reply_code::ok)
        return fail(last.code);
    if (last.owner != session_id_)
        return enqueue_again(true); // not this session's: never adopt it
    czxid_ = last.czxid;
    const auto self = parse_contender(own_);
    if (!self || !is_usable(self->sequence))
        return finish(errc::queue_worn_out);
    return next(lock_step::list);
}

lock_action lock_machine::after_list(const lock_event& last)
{
    if (last.code == reply_code::in_doubt)
        return next(lock_step::list);
    if (last.code == reply_code::no_node)
        return enqueue_again(false);
    if (last.code != reply_code::ok)
        return fail(last.code);
    return decide(last.names);
}

lock_action lock_machine::decide(const std::vector<std::string>& names)
{
    auto [present, in_front, behind, predecessor] =
        foreign_.empty() ? place_of(names, own_) : place_of(without(names, foreign_), own_);
    has_followers_ = behind != 0;
    if (!present)
        return enqueue_again(
            false); // deleted by somebody; our server is never behind our own create
    if (predecessor.empty())
        return next(lock_step::believe);
    // Who looks once, and finds a name that no known client makes, looks at the node as well.
    if (!bounds_.may_wait && is_known_form(predecessor))
        return next(lock_step::finish);
    if (in_front >= bounds_.waiters_max)
        return finish(errc::queue_full);
    watched_ = predecessor;
    return next(lock_step::watch, std::move(predecessor));
}

lock_action lock_machine::after_watch(const lock_event& last)
{
    auto looked_at = std::exchange(watched_, {}); // not kept for as long as it may have to wait
    switch (last.code) {
    case reply_code::ok:
        if (last.owner != 0)
            return next(bounds_.may_wait ? lock_step::wait : lock_step::finish);
        foreign_.push_back(std::move(looked_at));
        return next(lock_step::list);
    case reply_code::no_node: // gone between list and watch: look again, keep the place
    case reply_code::in_doubt:
        return next(lock_step::list);
    default:
        return fail(last.code);
    }
}

lock_action lock_machine::after_believe(const lock_event& last)
{
    switch (last.code) {
    case reply_code::ok:
        if (czxid_ > czxid_max)
            return finish(errc::tokens_worn_out);
        return next(lock_step::grant);
    case reply_code::no_node:
    case reply_code::in_doubt:
        return next(lock_step::list);
    default:
        return fail(last.code);
    }
}

lock_action lock_machine::next(lock_step what, std::string target)
{
    doing_ = what;
    return {.what = what, .target = std::move(target)};
}

lock_action lock_machine::enqueue_again(bool ghost_risk)
{
    auto action = next(lock_step::enqueue);
    action.ghost_risk = ghost_risk;
    return action;
}

lock_action lock_machine::fail(reply_code code)
{
    switch (code) {
    case reply_code::session_over:
        return finish(errc::session_lost);
    case reply_code::no_auth:
        return finish(errc::not_authorized);
    case reply_code::throttled: {
        const bool token_known = czxid_ != 0;
        auto again = token_known ? next(lock_step::list) : next(lock_step::read_own, own_);
        again.pause = true;
        return again;
    }
    default:
        return finish(errc::server_error);
    }
}

lock_action lock_machine::finish(errc error)
{
    auto action = next(lock_step::finish);
    action.error = error;
    return action;
}

} // namespace paddock::detail
