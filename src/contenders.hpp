#pragma once

#include "src/zk_client.hpp"
#include <paddock/error.hpp>

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace paddock::detail {

/// A contender to be created.
struct new_contender {
    std::uint64_t epoch{0};
    std::string parent;
    std::string_view prefix;          ///< of its name, which the server's number follows
    bool parent_may_be_written{true}; ///< it is a key's, and nobody keeps data in it
};

/// What became of it.
struct enqueued {
    reply_code code{reply_code::ok};
    std::string name{};
    std::int64_t czxid{0};
    bool only_child{false}; ///< of its parent: it is first in line, and nobody is behind it
    /// Else of the listing that was asked for with it; not `ok`: there is none.
    reply_code list_code{reply_code::in_doubt};
    std::vector<std::string> names{};
};

/// A contender that nobody wants any more.
struct doomed_contender {
    std::uint64_t epoch{0};
    std::string parent;
    std::string
        prefix; ///< of its attempt, if it has to be looked for: the answer to its create was lost
    std::string name;                       ///< empty: unknown, to be looked for
    std::function<void(error_code)> gone{}; ///< success, or `session_lost`; may be empty
};

/// Whose a contender is, an attempt's or a tenure's, and what its session tells that one.
class contender_owner {
public:
    virtual ~contender_owner() = default;
    /// Its znode was found deleted by somebody else.
    virtual void on_missing() = 0;
    virtual void on_session_end(errc why) = 0;
};

/// The attempts and holds of one session: whose turn it is to be checked at the ensemble, and who
/// of the session waits behind whom.
///
/// A znode is the session's *own* while an attempt or a hold has its path, and while it is being
/// deleted, until that is confirmed. Nobody needs a watch on it: whoever waits for it to go is
/// woken when it is nobody's any more. That may be too early (a path is dropped, the znode stands),
/// but a wake only says: look again. What an operator deletes is nobody's once a check found it so.
class contenders {
public:
    using id = std::uint64_t; ///< never 0
    using watch_id = std::uint64_t;
    using freed = std::function<void()>;

    /// Numbers of waits begin here, far above those of a `watch_table`, so that one number says
    /// which of the two has it.
    static constexpr watch_id first_watch = watch_id{1} << 63U;

    id add(std::shared_ptr<contender_owner> owner);
    /// The znode to check, once it is known; without a name: none now.
    void set_path(id who, std::string_view parent, std::string_view name);
    /// Of the znode to check; empty: none now.
    std::string path_of(id who) const;
    /// Another owner for the same contender: an attempt became a hold.
    void replace(id who, std::shared_ptr<contender_owner> owner);
    void remove(id who);

    /// How much one check may be: `paths` by the time a server needs for it, `bytes` by what it
    /// accepts in one request.
    struct portion {
        std::size_t paths{0};
        std::size_t bytes{0};
    };

    /// The next paths to check, in turns, so that each is checked whatever their number.
    std::vector<std::string> take_turn(portion most);

    /// Whom to tell that the znode at `path` is missing; null if nobody minds. The path is not
    /// checked again: an attempt that is busy will find out by itself, and may have others soon.
    std::shared_ptr<contender_owner> take_missing(const std::string& path);

    /// Somebody deletes the znode, and will say when it is gone. One call each.
    void doom(const std::string& path);
    void confirm_gone(const std::string& path);

    /// Calls back once when the own znode at `path` is nobody's any more; 0 if it is none.
    watch_id watch(const std::string& path, freed handler);
    /// Says whether there was such a wait.
    bool unwatch(watch_id watch);
    bool anybody_freed() const noexcept { return !freed_.empty(); }
    /// Those to wake. A znode that passed from its owner to who deletes it meanwhile wakes nobody.
    std::vector<freed> take_freed();

    /// Empties the registry and gives all who are to be told.
    std::vector<std::shared_ptr<contender_owner>> take_all();

    std::size_t size() const noexcept { return entries_.size(); }
    /// Waits for own znodes.
    std::size_t waiting() const noexcept { return watched_.size(); }

private:
    struct waiter {
        watch_id number;
        freed handler;
    };
    struct use {
        id owner{0};                         ///< an attempt or a hold
        std::uint32_t dooms{0};              ///< how many delete it
        std::forward_list<waiter> waiters{}; ///< none or one, mostly; in the order of arrival

        bool is_over() const noexcept { return owner == 0 && dooms == 0; }
    };
    using znodes = std::unordered_map<std::string, use>; // its elements stay where they are
    using znode = znodes::value_type;
    struct entry {
        znode* at{nullptr};
        std::shared_ptr<contender_owner> owner;
    };

    void drop_path(entry& who);
    void settle(znode& at);

    std::map<id, entry> entries_;
    znodes znodes_;
    std::unordered_map<watch_id, znode*> watched_;
    std::vector<std::string> freed_; ///< nobody's, and somebody waited
    id last_{0};
    id turn_{0}; ///< the last one checked
    watch_id last_watch_{first_watch};
};

} // namespace paddock::detail
