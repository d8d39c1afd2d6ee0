#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <type_traits>

namespace paddock {

using error_code = boost::system::error_code;
using system_error = boost::system::system_error;

/// What Paddock reports. `docs/errors.md` says for each what to do.
enum class errc {
    in_doubt = 1,        ///< the answer was lost: the request may or may not have been executed
    session_lost,        ///< the session ended while waiting; nothing is held: lock again
    session_closed,      ///< the session was closed by its owner
    unreachable,         ///< no server of the host list answered within `connect_timeout`
    ensemble_lost,       ///< no server answered for `give_up_after`; the session is closed
    bad_host_list,       ///< no host of the list has an address
    auth_refused,        ///< the ensemble refused the credentials; the session is closed
    not_authorized,      ///< the ACL of a znode forbids what the lock must do
    root_not_creatable,  ///< the parent of the locks cannot be made
    timeout_not_granted, ///< the server granted another session time-out than was required
    hold_lost,           ///< the lock is not held any more
    key_invalid,         ///< the key is empty or too long
    queue_full,          ///< `lock_config::waiters_max` contenders wait for the key already
    queue_worn_out,      ///< the sequence numbers below the key's parent are nearly used up
    too_many_requests,   ///< more requests are queued than `session_config::requests_max`
    too_many_watches,    ///< this session watches as many znodes as one reconnect can restore
    would_deadlock,      ///< a blocking call where it would wait for itself
    server_error,        ///< the server answered in a way Paddock cannot use; see the log
    tokens_worn_out,     ///< the ensemble has had more elections than a token has room for
};

/// Groups of errors to compare with: `if (ec == condition::retryable) ...`.
enum class condition {
    in_doubt = 1, ///< executed or not is unknown; never send the same write again blindly
    lost,         ///< what was held is gone
    retryable,    ///< the same call may succeed later, with nothing left behind by this one
};

const boost::system::error_category& paddock_category() noexcept;
const boost::system::error_category& paddock_condition_category() noexcept;

inline error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), paddock_category()};
}

inline boost::system::error_condition make_error_condition(condition value) noexcept
{
    return {static_cast<int>(value), paddock_condition_category()};
}

} // namespace paddock

template <>
struct boost::system::is_error_code_enum<paddock::errc> : std::true_type {
};

template <>
struct boost::system::is_error_condition_enum<paddock::condition> : std::true_type {
};
