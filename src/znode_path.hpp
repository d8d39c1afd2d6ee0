#pragma once

#include <string>
#include <string_view>

namespace paddock::detail {

/// The path of a child. One allocation, where a sum of strings takes two.
inline std::string child_path(std::string_view parent, std::string_view name)
{
    std::string path;
    path.reserve(parent.size() + 1 + name.size());
    path.append(parent).append(1, '/').append(name);
    return path;
}

/// The path of the parent; empty: it is the root, or the chroot.
inline std::string_view parent_of(std::string_view path)
{
    const auto slash = path.rfind('/');
    return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

/// What follows the last slash.
inline std::string_view name_in(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

} // namespace paddock::detail
