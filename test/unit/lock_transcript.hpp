#pragma once

#include "recipes/lock_machine.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Words to write a lock's transcript with.
namespace paddock::test {

using detail::lock_event;
using detail::lock_machine;
using detail::lock_step;
using detail::reply_code;

inline constexpr std::int64_t our_session = 0x100;
inline constexpr std::int64_t other_session = 0x200;
inline constexpr std::int64_t our_czxid = 0x5'0000'0007;

inline const std::string mine = "_c_a7f3-lock-"; ///< the attempt's prefix
inline const std::string own = mine + "0000000005";
inline const std::string front = "_c_91bc-lock-0000000004";
inline const std::string behind = "_c_33aa-lock-0000000006";

using names = std::vector<std::string>;

inline lock_event failed(reply_code code)
{
    lock_event event;
    event.code = code;
    return event;
}

inline lock_event succeeded()
{
    return {};
}

inline lock_event listed(names queue)
{
    lock_event event;
    event.names = std::move(queue);
    return event;
}

/// Our contender was created, and the listing came with it.
inline lock_event created(std::string name, names queue)
{
    auto event = listed(std::move(queue));
    event.name = std::move(name);
    event.czxid = our_czxid;
    return event;
}

/// Our contender was created, but its listing failed.
inline lock_event created_unlisted(reply_code listing)
{
    auto event = created(own, {});
    event.list_code = listing;
    return event;
}

/// Our contender was created in a transaction that says whether it is alone in the queue.
inline lock_event created_together(bool only_child)
{
    auto event = created_unlisted(reply_code::in_doubt);
    event.only_child = only_child;
    return event;
}

/// The stat of our contender.
inline lock_event owned_by(std::int64_t session, std::int64_t czxid = our_czxid)
{
    lock_event event;
    event.owner = session;
    event.czxid = czxid;
    return event;
}

/// A contender in front was found and is watched; it belongs to that session, or to none (0).
inline lock_event watched(std::int64_t session = other_session)
{
    return owned_by(session);
}

/// A machine whose first attempt is named and about to be created.
inline lock_machine begun(lock_machine::limits bounds = {})
{
    lock_machine machine(bounds, our_session);
    machine.start();
    machine.attempt(mine);
    return machine;
}

} // namespace paddock::test
