#include <paddock/error.hpp>

#include <string>

namespace paddock {
namespace {

const char* message_of(errc value) noexcept
{
    switch (value) {
    case errc::in_doubt:
        return "the answer was lost: the request may or may not have been executed; ask again";
    case errc::session_lost:
        return "the session ended while waiting; nothing is held: lock again";
    case errc::session_closed:
        return "the session was closed by its owner; make another to go on";
    case errc::unreachable:
        return "no ZooKeeper server answered within connect_timeout; check that the hosts are "
               "right "
               "and the servers running";
    case errc::ensemble_lost:
        return "no ZooKeeper server answered for give_up_after and the session is closed; make a "
               "new "
               "one once the ensemble is back";
    case errc::bad_host_list:
        return "no host of the list has an address; check the names and the resolver";
    case errc::auth_refused:
        return "the ensemble refused the credentials and the session is closed; check scheme and "
               "credentials";
    case errc::not_authorized:
        return "an ACL forbids this session to work on the lock's znodes; check "
               "session_config::auth and the ACL of the lock's parent";
    case errc::root_not_creatable:
        return "the parent of the lock cannot be made; make it by hand, or allow this session to "
               "create it";
    case errc::timeout_not_granted:
        return "the server did not grant the required session time-out; ask for one within 2 to 20 "
               "times its tickTime, or change minSessionTimeout and maxSessionTimeout";
    case errc::hold_lost:
        return "the lock is not held any more; another process may hold it: stop and lock again";
    case errc::key_invalid:
        return "the key is empty or longer than 255 bytes once encoded; use another";
    case errc::queue_full:
        return "waiters_max contenders wait for this key already; try later";
    case errc::queue_worn_out:
        return "the sequence numbers below this key's parent are nearly used up; delete the parent "
               "znode while nobody uses it: it is made again and counts from zero";
    case errc::tokens_worn_out:
        return "the ensemble has had more than 524,287 elections, which is all that a fencing "
               "token "
               "has room for; move the locks to a fresh ensemble, and raise or wipe the marks at "
               "the "
               "resources";
    case errc::too_many_requests:
        return "more than requests_max requests wait to be sent; slow down or try later";
    case errc::too_many_watches:
        return "this session waits for as many keys as one reconnect can restore; wait for fewer, "
               "or use another session";
    case errc::would_deadlock:
        return "this blocking call would wait for itself; use the asynchronous form";
    case errc::server_error:
        return "the server answered in a way that Paddock cannot use; its log and Paddock's say "
               "more";
    }
    return "unknown Paddock error";
}

class error_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "paddock"; }

    std::string message(int value) const override { return message_of(static_cast<errc>(value)); }
};

bool is_lost(errc value) noexcept
{
    switch (value) {
    case errc::session_lost:
    case errc::session_closed:
    case errc::ensemble_lost:
    case errc::auth_refused:
    case errc::timeout_not_granted:
    case errc::hold_lost:
        return true;
    default:
        return false;
    }
}

bool is_retryable(errc value) noexcept
{
    switch (value) {
    case errc::session_lost:
    case errc::unreachable:
    case errc::bad_host_list: // names may resolve again
    case errc::queue_full:
    case errc::too_many_requests:
    case errc::too_many_watches:
        return true;
    default:
        return false;
    }
}

class error_condition_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "paddock.condition"; }

    std::string message(int value) const override
    {
        switch (static_cast<condition>(value)) {
        case condition::in_doubt:
            return "executed or not is unknown";
        case condition::lost:
            return "what was held is gone";
        case condition::retryable:
            return "the same call may succeed later";
        }
        return "unknown Paddock condition";
    }

    bool equivalent(const error_code& code, int value) const noexcept override
    {
        if (code.category() != paddock_category())
            return false;
        const auto error = static_cast<errc>(code.value());
        switch (static_cast<condition>(value)) {
        case condition::in_doubt:
            return error == errc::in_doubt;
        case condition::lost:
            return is_lost(error);
        case condition::retryable:
            return is_retryable(error);
        }
        return false;
    }
};

} // namespace

const boost::system::error_category& paddock_category() noexcept
{
    static const error_category instance;
    return instance;
}

const boost::system::error_category& paddock_condition_category() noexcept
{
    static const error_condition_category instance;
    return instance;
}

} // namespace paddock
