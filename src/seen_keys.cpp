#include "src/seen_keys.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

namespace paddock::detail {

void seen_keys::add(std::string_view parent)
{
    // A quarter empty, so that few rows are full.
    if (slots_.empty() || (used_ >= slots_.size() / 4 * 3 && slots_.size() < room_most))
        grow();
    insert(mark_of(parent));
}

void seen_keys::remove(std::string_view parent)
{
    const auto place = place_of(parent);
    if (place == slots_.size())
        return;
    slots_[place] = 0;
    --used_;
}

bool seen_keys::contains(std::string_view parent) const
{
    return place_of(parent) != slots_.size();
}

std::size_t seen_keys::place_of(std::string_view parent) const
{
    if (slots_.empty())
        return 0;
    const auto wanted = mark_of(parent);
    const auto first = row_of(wanted);
    for (auto place = first; place < first + row; ++place) {
        if (slots_[place] == wanted)
            return place;
    }
    return slots_.size();
}

seen_keys::mark seen_keys::mark_of(std::string_view parent)
{
    const auto hash = mark{std::hash<std::string_view>{}(parent)};
    return hash == 0 ? 1 : hash;
}

std::size_t seen_keys::row_of(mark of) const noexcept
{
    return of % (slots_.size() / row) * row;
}

// The newest is the first of its row, and pushes the last one out if the row is full.
void seen_keys::insert(mark of)
{
    const auto first = slots_.begin() + static_cast<std::ptrdiff_t>(row_of(of));
    const auto last = first + row - 1;
    auto place = std::find(first, last, of);
    if (*place != of)
        place = std::find(first, last, mark(0));
    if (*place == 0)
        ++used_;
    std::move_backward(first, place, place + 1);
    *first = of;
}

void seen_keys::grow()
{
    const auto room = slots_.empty() ? room_least : slots_.size() * 2;
    const auto before = std::exchange(slots_, std::vector<mark>(room));
    used_ = 0;
    for (auto each = before.rbegin(); each != before.rend(); ++each) { // the oldest first
        if (*each != 0)
            insert(*each);
    }
}

} // namespace paddock::detail
