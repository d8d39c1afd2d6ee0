// Preloaded into a server: makes its fsync slow for as long as a file says so.
//
// A disk that takes half a second for each fsync is common (a busy neighbour, a RAID rebuilding),
// and cannot be made from user space on a disk that is not ours. What the server sees is the same:
// the call returns late. Nothing else of the server changes, and the switch needs no restart.

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace {

/// The delay that the file PADDOCK_SLOW_SYNC asks for; zero when there is none.
int delay_ms()
{
    const char* name = std::getenv("PADDOCK_SLOW_SYNC");
    const int file = name != nullptr ? ::open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return 0;
    char text[16] = {};
    const bool got = ::read(file, text, sizeof text - 1) > 0;
    ::close(file);
    return got ? std::atoi(text) : 0;
}

int late(const char* name, int fd)
{
    if (const int delay = delay_ms(); delay > 0)
        ::poll(nullptr, 0, delay);
    int (*real)(int) = nullptr;
    void* const found = ::dlsym(RTLD_NEXT, name);
    std::memcpy(&real, &found, sizeof real); // the form of this cast that POSIX promises
    return real(fd);
}

} // namespace

extern "C" int fsync(int fd)
{
    return late("fsync", fd);
}

extern "C" int fdatasync(int fd)
{
    return late("fdatasync", fd);
}
