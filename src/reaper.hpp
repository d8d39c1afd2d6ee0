#pragma once

#include "src/session_core.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace paddock::detail {

/// Deletes contenders that nobody wants any more, until they are confirmed gone or their session is
/// over: past the deadline, the cancellation and the life of whoever made them.
///
/// A contender is known by its name, or, when the answer to its create was lost, by its attempt:
/// then it is looked for behind a commit, and whatever carries its uuid is deleted. One that is not
/// found is told as gone, and looked for again: it may come late. Source: Curator's guaranteed
/// deletes and CURATOR-45, -79, -202; docs/guarantees.md.
class reaper {
public:
    explicit reaper(session_core& core) : core_(core) {}

    void take(doomed_contender node);

    /// The epoch is over, and its nodes with it.
    void end_epoch();

private:
    using id = std::uint64_t;

    struct victim {
        doomed_contender node;
        unsigned tries{0};
        unsigned vain_looks{0};
        bool refused{false}; // and may be for ever
        bool found{false};   // a create is carried out once
    };

    void work_on(id which);
    void search(id which);
    void remove(id which);
    void after_remove(id which, reply_code code);
    void after_search(id which, reply_code code, const std::vector<std::string>& names);
    void not_there(id which);
    void again(id which, reply_code code);
    void finish(id which, error_code outcome);

    session_core& core_;
    std::map<id, victim> victims_;
    id last_{0};
};

} // namespace paddock::detail
