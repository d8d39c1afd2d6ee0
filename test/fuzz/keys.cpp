#include "recipes/key.hpp"
#include "test/fuzz/fuzz.hpp"

#include <cctype>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace paddock::fuzz {
namespace {

constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t path_bytes_max = 1'024;

// The other direction, which the library never needs: one name is one key.
std::string decoded(std::string_view name)
{
    std::string key;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (name[at] != '%') {
            key += name[at];
            continue;
        }
        require(at + 2 < name.size(), "an encoded byte has two digits");
        const std::string digits(name.substr(at + 1, 2));
        require(digits.find_first_not_of("0123456789ABCDEF") == std::string::npos,
                "an encoded byte is written in capital hexadecimal digits");
        key += static_cast<char>(std::stoi(digits, nullptr, 16));
        at += 2;
    }
    return key;
}

std::size_t encoded_size(std::string_view key)
{
    std::size_t size = 0;
    for (const char c : key) {
        const bool plain = (static_cast<unsigned char>(c) < 0x80 && std::isalnum(c) != 0) ||
                           std::string_view("._-~").find(c) != std::string_view::npos;
        size += plain && !(size == 0 && c == '.') ? 1 : 3;
    }
    return size;
}

void check_key(const std::string& key)
{
    const auto name = detail::encode_key(key);
    const auto size = encoded_size(key);
    require(name.has_value() == (size > 0 && size <= name_bytes_max),
            "a key has a name unless it is empty or its name is too long");
    if (!name)
        return;
    require(decoded(*name) == key, "a name decodes to its key, so no two keys share one");
    require(name->size() == size, "no more is encoded than must be");
    require(detail::is_lock_path("/locks/" + *name), "a key is a znode name below a root");
    require(name->find('/') == std::string::npos, "keys never nest");
    // A name that was encoded twice by mistake is another key, never the same node.
    const auto again = detail::encode_key(*name);
    require(!again || (*again == *name) == (*name == key),
            "encoding changes what holds an encoded byte");
}

// The rules as PathUtils.java and the documentation state them, one after the other.
bool reads_as_lock_path(const std::string& path)
{
    if (path.size() < 2 || path.size() > path_bytes_max || path[0] != '/' || path.back() == '/')
        return false;
    if ((path + "/").starts_with("/zookeeper/"))
        return false;
    for (const auto* bad : {"//", "/./", "/../"}) {
        if ((path + "/").find(bad) != std::string::npos)
            return false;
    }
    for (const char c : path) {
        if ((c >= 0 && c < ' ') || c == 0x7F)
            return false;
    }
    return true;
}

void check_path(const std::string& path)
{
    const bool good = detail::is_lock_path(path);
    require(good == reads_as_lock_path(path), "a lock path is what the rules say");
    bool thrown = false;
    try {
        detail::check_lock_path(path);
    } catch (const std::invalid_argument& refusal) {
        thrown = true;
        require(
            std::string_view(refusal.what()).starts_with("\"" + path.substr(0, path.find('\0'))),
            "a refusal names the path");
    }
    require(thrown != good, "a path is refused exactly when it is no lock path");
    const auto above = path.rfind('/');
    if (good && above > 0)
        require(detail::is_lock_path(path.substr(0, above)), "what a lock path is below is one");
}

} // namespace

void keys(input bytes)
{
    auto whole = bytes;
    check_key(whole.rest());
    const auto key = bytes.until('\n');
    check_key(key);
    const auto path = bytes.rest();
    check_path(path);
    const auto name = detail::encode_key(key);
    if (name && detail::is_lock_path(path) && path.size() + 1 + name->size() <= path_bytes_max)
        require(detail::is_lock_path(path + "/" + *name), "a key's node below a root is a path");
}

} // namespace paddock::fuzz
