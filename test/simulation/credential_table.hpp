#pragma once

#include "test/simulation/txn.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace paddock::simulation {

/// The sets of credentials that connections have shown, as numbers.
class credential_table {
public:
    identity intern(const std::vector<detail::credentials>& shown)
    {
        if (shown.empty())
            return 0;
        std::vector<std::string> ids;
        for (const auto& one : shown)
            ids.push_back(one.scheme + ":" + one.secret);
        std::sort(ids.begin(), ids.end());
        const auto known = std::find(sets_.begin(), sets_.end(), ids);
        if (known != sets_.end())
            return static_cast<identity>(known - sets_.begin());
        sets_.push_back(std::move(ids));
        return static_cast<identity>(sets_.size() - 1);
    }

    /// An ACL lets in who shows one of the credentials that its creator had.
    bool allows(identity acl, identity who) const
    {
        if (acl == 0 || acl == who)
            return true;
        const auto& shown = sets_[who];
        return std::any_of(sets_[acl].begin(), sets_[acl].end(), [&](const auto& one) {
            return std::find(shown.begin(), shown.end(), one) != shown.end();
        });
    }

    void forbid_writing(path_id node) { read_only_.insert(node); }
    bool may_write(path_id node) const { return !read_only_.contains(node); }

private:
    std::vector<std::vector<std::string>> sets_{{}};
    std::set<path_id> read_only_;
};

} // namespace paddock::simulation
