#include "src/culprit.hpp"

#include <algorithm>

namespace paddock::detail {

std::optional<std::size_t> culprit_of(const std::vector<int>& errors, int whole, int inconsistent)
{
    const auto culprit =
        std::find_if(errors.begin(), errors.end(), [](int error) { return error != 0; });
    if (culprit == errors.end() || *culprit != whole)
        return std::nullopt;
    const bool the_only_one =
        std::all_of(culprit + 1, errors.end(), [&](int error) { return error == inconsistent; });
    if (!the_only_one)
        return std::nullopt;
    return static_cast<std::size_t>(culprit - errors.begin());
}

} // namespace paddock::detail
