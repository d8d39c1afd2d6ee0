#pragma once

/// A disk of a chaos server, which can be full.

#include <cstdint>
#include <filesystem>

namespace paddock::test {

/// Gives this process and its children mounts of their own, which end with the last of them.
///
/// Call it before the first thread and the first child. Errors: `std::system_error`; it needs root.
void use_own_mounts();

/// A folder on a file system of its own, in memory.
///
/// It is a tmpfs, so it costs what is in it, and its fsync costs nothing: a server that is killed
/// loses nothing by that, only a machine that loses power would.
/// Lifetime: the destructor unmounts and removes it. Threads: one at a time.
class small_disk {
public:
    /// Errors: `std::system_error`.
    explicit small_disk(std::filesystem::path folder);
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    ~small_disk();

    const std::filesystem::path& path() const noexcept { return folder_; }

    /// Makes the disk as small as what is on it: the next write fails with ENOSPC.
    void fill();

    /// Gives it its size back.
    void make_room();

private:
    void resize(std::uint64_t bytes);

    std::filesystem::path folder_;
};

} // namespace paddock::test
