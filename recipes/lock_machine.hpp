#pragma once

#include "src/zk_client.hpp"
#include <paddock/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace paddock::detail {

/// What the driver of a lock attempt has to do next.
enum class lock_step {
    enqueue,      ///< name a new attempt; create its contender, and see who else is in the queue
    make_parents, ///< create the key's container and what is missing above it
    search,       ///< commit, then list: was the contender created?
    read_own,     ///< read the stat of `target`, our contender, for its token and owner
    list,         ///< list the queue
    watch,        ///< read `target`, the predecessor, leaving a watch on it
    wait,         ///< for the watch to fire
    believe,      ///< have evidence committed that the session, and our contender, still stand
    grant,        ///< the lock is ours
    finish,       ///< give up with `error`; success means: somebody is in front and we may not wait
};

struct lock_action {
    lock_step what{lock_step::finish};
    std::string target{};
    error_code error{};
    bool pause{false};      ///< the server is busy: back off before doing it
    bool ghost_risk{false}; ///< the attempt before this one may still appear: have it reaped
};

/// What came of the last action.
struct lock_event {
    reply_code code{reply_code::ok};
    std::string name{};                   ///< enqueue: the contender's name
    std::int64_t czxid{0};                ///< enqueue, read_own
    bool only_child{false};               ///< enqueue: nobody else is in the queue
    std::int64_t owner{0};                ///< read_own, watch: the session the node belongs to
    reply_code list_code{reply_code::ok}; ///< enqueue: of the listing that came with it
    std::vector<std::string> names{};     ///< enqueue, search, list
};

/// Every decision of one attempt at a lock, from the first request to the grant. Pure.
///
/// The rules it keeps (docs/guarantees.md):
/// - a create whose answer was lost is looked for, never sent again;
/// - only a look at the queue that shows our own contender first grants, never an event: a listing,
///   or the count of the parent's children in the transaction that created it;
/// - a contender is adopted only if it belongs to this session;
/// - what has a contender's name but belongs to no session, such as the container of a key that is
/// a
///   number, is none;
/// - a contender that vanished (an operator, a clean-up) is replaced at the end of the queue.
/// The driver ends it when the session ends; an attempt never crosses an epoch.
/// Source: ZooKeeper recipes, "Locks"; docs/design.md.
class lock_machine {
public:
    struct limits {
        bool may_wait{true};
        std::size_t waiters_max{10'000};
    };

    lock_machine(limits bounds, std::int64_t session_id);

    /// The first action, always `enqueue`.
    lock_action start();

    /// The attempt that an `enqueue` is about to create, by the prefix of its name.
    void attempt(std::string prefix);

    /// The next action, given what came of the last.
    lock_action resume(const lock_event& last);

    /// Our contender, or part of it, was found deleted by somebody else while waiting.
    lock_action look_again();

    const std::string& own_name() const noexcept { return own_; }
    /// Of the attempt that may have made a contender; empty when none can have.
    const std::string& prefix() const noexcept { return prefix_; }
    std::int64_t czxid() const noexcept { return czxid_; }
    /// Whether the last look at the queue showed somebody behind us.
    bool has_followers() const noexcept { return has_followers_; }

private:
    lock_action after_enqueue(const lock_event& last);
    lock_action after_parents(const lock_event& last);
    lock_action after_search(const lock_event& last);
    lock_action after_read_own(const lock_event& last);
    lock_action after_list(const lock_event& last);
    lock_action after_watch(const lock_event& last);
    lock_action after_believe(const lock_event& last);
    lock_action decide(const std::vector<std::string>& names);
    lock_action next(lock_step what, std::string target = {});
    lock_action enqueue_again(bool ghost_risk);
    lock_action fail(reply_code code);
    lock_action finish(errc error);

    limits bounds_;
    std::int64_t session_id_;
    lock_step doing_{lock_step::enqueue};
    std::string prefix_;
    std::string own_;
    std::string watched_;
    std::vector<std::string> foreign_; ///< look like contenders, but belong to no session
    std::int64_t czxid_{0};
    bool has_followers_{false};
    unsigned parents_made_{0};
};

} // namespace paddock::detail
