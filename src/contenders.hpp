#pragma once

#include "src/zk_client.hpp"
#include <paddock/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace paddock::detail {

/// A contender to be created.
struct new_contender {
    std::uint64_t epoch{0};
    std::string parent;
    std::string prefix;               ///< of its name, which the server's number follows
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

/// What a session tells the attempts and holds that live in it.
struct contender_events {
    std::function<void()> missing;   ///< its znode was found deleted by somebody else
    std::function<void(errc)> ended; ///< its session is over
};

/// The attempts and holds of one session, and whose turn it is to be checked at the ensemble.
class contenders {
public:
    using id = std::uint64_t; ///< never 0

    id add(contender_events events);
    /// The znode to check, once it is known; empty: none now.
    void set_path(id who, std::string path);
    /// Other ears for the same contender: an attempt became a hold.
    void replace(id who, contender_events events);
    void remove(id who);

    /// How much one check may be: `paths` by the time a server needs for it, `bytes` by what it
    /// accepts in one request.
    struct portion {
        std::size_t paths{0};
        std::size_t bytes{0};
    };

    /// The next paths to check, in turns, so that each is checked whatever their number.
    std::vector<std::string> take_turn(portion most);

    /// What to call because the znode at `path` is missing; empty if nobody minds. The path is not
    /// checked again: an attempt that is busy will find out by itself, and may have others soon.
    std::function<void()> take_missing(const std::string& path);

    /// Empties the registry and gives what is to be told to each.
    std::vector<contender_events> take_all();

    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry {
        std::string path;
        contender_events events;
    };

    std::map<id, entry> entries_;
    id last_{0};
    id turn_{0}; ///< the last one checked
};

} // namespace paddock::detail
