// A user's program: it includes, builds and links the way a service would, and needs no server.

#include <paddock/paddock.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>

#ifdef ZOOKEEPER_H_
#error "Paddock's headers show the C client"
#endif

int main()
{
    // Only some members named: with a user's own warnings on, that must not be one.
    paddock::session_config config{.hosts = "127.0.0.1:2181",
                                   .session_timeout = std::chrono::seconds{10}};
    paddock::check(config);
    config.session_timeout = std::chrono::milliseconds{0};

    if (paddock::error_code{paddock::errc::hold_lost}.message().empty()) {
        std::puts("errc::hold_lost has no message");
        return 1;
    }

    // The constructor pulls in everything, the C client too, and refuses the time-out before it
    // connects to anything.
    try {
        const paddock::session session{config};
    } catch (const std::invalid_argument& refusal) {
        std::printf("refused as it should be: %s\n", refusal.what());
        return 0;
    }
    std::puts("a session time-out of zero was accepted");
    return 1;
}
