#pragma once

/// Histories in files: how the processes of a test hand them in.
///
/// One line per event, `time kind client attempt key token value`, separated by single spaces. The
/// time is in nanoseconds, all numbers are decimal. A key name stands there with `%`, `-`, space
/// and everything outside of printable ASCII written as `%XX`; `-` means no key.
///
/// Every process writes a file of its own, and a line or a batch of lines with one write(2). So a
/// process that is killed leaves at most one torn line, its last, which reading forgives. Nothing
/// else is forgiven.

#include "test/checker/history.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace paddock::checker {

/// The line of an event, with its line feed.
std::string text_of(const event& what, std::string_view key_name);

/// A file that grows by whole lines.
///
/// Errors: `std::system_error` when the file cannot be opened or written.
/// Threads: append() may be called from any, as often as wanted.
class history_file {
public:
    /// Opens for appending, and makes the file when there is none.
    explicit history_file(const std::filesystem::path& path);
    history_file(const history_file&) = delete;
    history_file& operator=(const history_file&) = delete;
    ~history_file();

    /// Appends one event. It is in the file when this returns: not on disk, but safe from the end
    /// of this process.
    void append(const event& what, std::string_view key_name);

    /// Appends all events of a history, with few calls of write(2), each of whole lines.
    void append(const history& batch);

private:
    void write(std::string_view lines);

    int fd_;
    std::filesystem::path path_;
};

/// What read_history() found beside events.
struct reading {
    std::uint64_t lines{0};
    bool torn{false}; ///< the last line had no end and was left out
};

/// Appends the events of a file to a history.
///
/// Errors: `std::runtime_error` for a file that cannot be read, or naming file and line for a line
///   that text_of() would not have written.
reading read_history(const std::filesystem::path& path, history& into);

} // namespace paddock::checker
