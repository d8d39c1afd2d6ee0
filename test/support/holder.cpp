// A process that takes one lock and keeps it, for tests that kill it and stop it.
//
// Prints `held TOKEN` once it has the lock. Then it looks at its clock again and again; when it
// finds that it was stopped for a second or more, it asks `held()` before anything else and prints
// `first look: held` or `first look: lost`.

#include <paddock/paddock.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <poll.h>

int main(int argc, char** argv)
{
    if (argc != 5) {
        std::fprintf(stderr, "usage: holder HOSTS ROOT KEY TIMEOUT_MS\n");
        return 2;
    }
    using clock = paddock::boot_clock;
    paddock::session client{{.hosts = argv[1],
                             .session_timeout = std::chrono::milliseconds(std::atoi(argv[4])),
                             .auth = {},
                             .owner = "holder"}};
    paddock::keyed_mutex locks{client, argv[2]};
    const auto granted = locks.lock(argv[3]);
    std::printf("held %lld\n", static_cast<long long>(granted.token().value()));
    std::fflush(stdout);
    for (auto before = clock::now();;) {
        poll(nullptr, 0, 1);
        const auto now = clock::now();
        if (now - before >= std::chrono::seconds(1)) {
            std::printf("first look: %s\n", granted.held() ? "held" : "lost");
            std::fflush(stdout);
        }
        before = now;
    }
}
