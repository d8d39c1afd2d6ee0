#pragma once

/// A folder for one test, removed with everything in it.

#include <filesystem>

namespace paddock::test {

/// Makes a new empty folder and removes it, with its content, when destroyed.
///
/// It lies in `TMPDIR` or else in `/tmp`; its name starts with `paddock-test-`.
/// Limits: a process that crashes leaves its folder behind, for the logs in it.
class temp_folder {
public:
    /// Errors: `std::system_error` when the folder cannot be made.
    temp_folder();
    temp_folder(temp_folder&& other) noexcept;
    temp_folder& operator=(temp_folder&&) = delete;
    ~temp_folder();

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_; // empty once moved from
};

} // namespace paddock::test
