#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace paddock::detail {

/// Remembers of which keys something was seen, in a few bytes for each.
///
/// It forgets some, more of them where there are very many: its users may not rely on it. It takes
/// one key for another as seldom as hashes of 64 bits are the same.
class seen_keys {
public:
    void add(std::string_view parent);
    void remove(std::string_view parent);
    bool contains(std::string_view parent) const;

    /// How many it can hold now.
    std::size_t room() const noexcept { return slots_.size(); }

private:
    using mark = std::uint64_t; ///< of a key; zero: none

    static constexpr std::size_t row = 16; ///< slots, any of which may have a key's mark
    static constexpr std::size_t room_least = 1 << 12; ///< 32 KiB, once there is one
    static constexpr std::size_t room_most = 1 << 18;  ///< 2 MiB; most of 200,000 keys

    static mark mark_of(std::string_view parent);
    std::size_t row_of(mark of) const noexcept;
    /// Where the mark stands; `slots_.size()`: nowhere.
    std::size_t place_of(std::string_view parent) const;
    void insert(mark of);
    void grow();

    std::vector<mark> slots_;
    std::size_t used_{0};
};

} // namespace paddock::detail
