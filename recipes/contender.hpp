#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paddock::detail {

/// A znode in a key's queue.
struct contender {
    std::string_view name;    ///< the listing's: it is read without being copied
    std::int64_t sequence{0}; ///< may be negative: the server's 32-bit counter wrapped
    friend bool operator==(const contender&, const contender&) = default;
};

/// Where an attempt stands in a listing.
struct place {
    bool present{false};     ///< the attempt's own node is there
    std::size_t in_front{0}; ///< how many contenders are before it
    std::size_t behind{0};   ///< and after it
    std::string predecessor; ///< the nearest of them; empty: first in line
};

/// Sequence numbers from here on are not used: the server's counter freezes at 2^31 - 1, and a
/// million places leave time to clean the parent up.
/// Source: DataTree.java, ZOOKEEPER-3249.
inline constexpr std::int64_t sequence_limit = 2'147'483'648 - 1'000'000;

/// `_c_<uuid>-lock-`: Curator's protected name. One uuid is one attempt, for ever.
/// Source: Curator, ProtectedMode.java.
std::string attempt_prefix(std::string_view uuid);

/// A random (version 4) uuid of two random numbers.
std::string make_uuid(std::uint64_t high, std::uint64_t low);

/// Reads a child's name; empty if it carries no sequence number and so is no contender.
///
/// Any name with a sequence is one, whoever made it: Curator's and go-zookeeper's `-lock-`, kazoo's
/// `__lock__`, or one we do not know, which is safer to respect than to pass.
std::optional<contender> parse_contender(std::string_view name);

/// Whether the name is of a form that a known client makes.
bool is_known_form(std::string_view name);

/// The place of the contender `own` among `names`: by number, ties (a frozen counter) by name.
place place_of(const std::vector<std::string>& names, std::string_view own);

/// The name that belongs to the attempt; empty if none does.
std::string find_attempt(const std::vector<std::string>& names, std::string_view prefix);

} // namespace paddock::detail
