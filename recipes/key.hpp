#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paddock::detail {

/// The znode name of a key: letters, digits, `.`, `_`, `-` and `~` as they are, any other byte as
/// `%XX`. A first `.` is encoded too, since `.` and `..` are no znode names.
///
/// One key is one name and one name one key, so keys never nest and never collide.
/// Empty: the key is empty or longer than 255 bytes once encoded.
/// Source: percent-encoding, RFC 3986; znode names, ZooKeeper's PathUtils.java.
std::optional<std::string> encode_key(std::string_view key);

/// Whether `path` is an absolute znode path without a trailing slash, empty or dotted parts, or
/// control characters; not `/` itself and not below `/zookeeper`.
bool is_lock_path(std::string_view path);

/// Errors: `std::invalid_argument`, saying how to write one, if it is no lock path.
void check_lock_path(std::string_view path);

} // namespace paddock::detail
