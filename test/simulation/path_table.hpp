#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace paddock::simulation {

using path_id = std::uint32_t; ///< 0: no path

/// Every path that was ever written, once: trees, watches and transactions then speak of numbers.
class path_table {
public:
    static constexpr path_id root = 1;

    path_table();
    path_table(const path_table&) = delete;
    path_table& operator=(const path_table&) = delete;

    /// 0: nobody has written there, so no tree has it.
    path_id find(std::string_view path) const;
    /// Adds it and its parents; 0: this is not a path that ZooKeeper accepts.
    path_id intern(std::string_view path);

    /// A path that was interned stays while it has children or somebody keeps it.
    void keep(path_id path) { ++entries_[path].kept; }
    void let_go(path_id path);

    const std::string& text(path_id path) const { return entries_[path].text; }
    path_id parent(path_id path) const { return entries_[path].parent; }
    std::string_view name(path_id path) const;
    /// A hash of the last name: the order in which a server lists children, which is a hash
    /// table's order and not the alphabet's.
    std::uint64_t listing_order(path_id path) const { return entries_[path].order; }
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry {
        std::string text;
        path_id parent{0};
        std::uint32_t name_at{0};
        std::uint32_t kept{0};
        std::uint64_t order{0};
    };

    path_id add(std::string_view path, path_id parent);

    std::deque<entry> entries_; // never moved: the keys below look into their texts
    std::vector<path_id> free_;
    std::unordered_map<std::string_view, path_id> ids_;
};

} // namespace paddock::simulation
