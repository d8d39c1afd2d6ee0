#include "recipes/key.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace paddock::detail {
namespace {

bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '~';
}

void append_encoded(std::string& name, char c)
{
    constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    name += '%';
    name += digits[byte >> 4];
    name += digits[byte & 0x0F];
}

bool is_path_part(std::string_view part)
{
    const bool printable = std::none_of(part.begin(), part.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
    return printable && !part.empty() && part != "." && part != "..";
}

} // namespace

std::optional<std::string> encode_key(std::string_view key)
{
    constexpr std::size_t name_bytes_max =
        255; // a file-name's worth; keeps listings and watches small
    std::string name;
    for (const char c : key) {
        if (is_plain(c) && !(name.empty() && c == '.'))
            name += c;
        else
            append_encoded(name, c);
        if (name.size() > name_bytes_max)
            return std::nullopt;
    }
    if (name.empty())
        return std::nullopt;
    return name;
}

bool is_lock_path(std::string_view path)
{
    constexpr std::size_t path_bytes_max =
        1'024; // with a key and a contender it stays well below jute's
    if (path.size() < 2 || path.size() > path_bytes_max || path.front() != '/')
        return false;
    if (path == "/zookeeper" || path.starts_with("/zookeeper/"))
        return false; // the server's own
    path.remove_prefix(1);
    for (;;) {
        const auto slash = path.find('/');
        if (!is_path_part(path.substr(0, slash)))
            return false;
        if (slash == std::string_view::npos)
            return true;
        path.remove_prefix(slash + 1);
    }
}

void check_lock_path(std::string_view path)
{
    if (!is_lock_path(path))
        throw std::invalid_argument("\"" + std::string(path) +
                                    "\" is not a lock path: write an absolute znode path such as "
                                    "/locks/product, without a trailing slash");
}

} // namespace paddock::detail
