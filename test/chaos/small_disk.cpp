#include "test/chaos/small_disk.hpp"

#include <cerrno>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <system_error>
#include <utility>

namespace paddock::test {

namespace {

/// An hour of logs and snapshots at a thousand grants a second; memory is taken as it is used.
constexpr std::uint64_t size_bytes = 4'000'000'000;

[[noreturn]] void fail(const std::string& what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

/// What `ip netns add` does when it is called for the first time on a machine.
void share_network_namespaces()
{
    constexpr auto folder = "/run/netns";
    std::filesystem::create_directories(folder);
    if (::mount("", folder, "none", MS_SHARED | MS_REC, nullptr) == 0)
        return;
    if (::mount(folder, folder, "none", MS_BIND | MS_REC, nullptr) != 0 ||
        ::mount("", folder, "none", MS_SHARED | MS_REC, nullptr) != 0)
        fail("mount of /run/netns");
}

void make_private(const std::filesystem::path& folder)
{
    if (::mount("none", folder.c_str(), nullptr, MS_PRIVATE, nullptr) != 0 && errno != EINVAL)
        fail("mount --make-private " + folder.string()); // EINVAL: nothing is mounted there
}

} // namespace

void use_own_mounts()
{
    share_network_namespaces();
    if (::unshare(CLONE_NEWNS) != 0)
        fail("unshare of the mounts");
    // Only the mounts that our folders are on. The others go on being shared with the machine,
    // above all the one on which `ip` keeps network namespaces.
    make_private("/");
    std::filesystem::path ancestor;
    for (const auto& part : std::filesystem::temp_directory_path())
        make_private(ancestor /= part);
}

small_disk::small_disk(std::filesystem::path folder) : folder_(std::move(folder))
{
    std::filesystem::create_directories(folder_);
    const auto options = "size=" + std::to_string(size_bytes);
    if (::mount("paddock-chaos", folder_.c_str(), "tmpfs", 0, options.c_str()) != 0)
        fail("mount " + folder_.string());
}

small_disk::~small_disk()
{
    ::umount2(folder_.c_str(), MNT_DETACH);
}

void small_disk::fill()
{
    struct statvfs now = {};
    if (::statvfs(folder_.c_str(), &now) != 0)
        fail("statvfs " + folder_.string());
    resize((now.f_blocks - now.f_bfree) * now.f_frsize);
}

void small_disk::make_room()
{
    resize(size_bytes);
}

void small_disk::resize(std::uint64_t bytes)
{
    const auto options = "size=" + std::to_string(bytes);
    if (::mount("paddock-chaos", folder_.c_str(), "tmpfs", MS_REMOUNT, options.c_str()) != 0)
        fail("remount " + folder_.string());
}

} // namespace paddock::test
