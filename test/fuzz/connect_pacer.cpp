#include "src/connect_pacer.hpp"

#include "src/backoff.hpp"
#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace paddock::fuzz {
namespace {

using detail::time_point;
using namespace std::chrono_literals;

// A client that does as it is told, against servers that take it in, throw it out or say nothing.
class client {
public:
    explicit client(input bytes) : bytes_(bytes) {}

    void run()
    {
        while (!bytes_.empty())
            attempt();
    }

private:
    void attempt()
    {
        if (bytes_.below(16) == 15) {
            servers_ = bytes_.below(6); // none counts as one
            pacer_.set_servers(servers_);
            unpaused_ = 0;
            require(pacer_.next_attempt() <= now_, "new servers are tried at once");
        }
        now_ = std::max(now_, pacer_.next_attempt());
        pacer_.started(now_);
        const auto patience = pacer_.give_up() - now_;
        require(patience >= 100ms, "an attempt gets the time a busy server needs");
        require(patience <= std::max<detail::nanoseconds>(timeout_ / 3, 100ms),
                "an attempt leaves time for others");
        const auto kind = bytes_.below(4);
        const bool connected = kind >= 2;
        if (connected) {
            pacer_.connected(now_);
            const bool lasts = kind == 3;
            now_ += lasts ? 1s + 1ms * bytes_.byte() : 1ms * bytes_.byte();
            pacer_.lost(now_, bytes_.number());
            if (lasts)
                unpaused_ = 0;
        } else {
            now_ += bytes_.flag() ? patience : 0ms;
            pacer_.failed(now_, bytes_.number());
        }
        check(connected && kind == 3);
    }

    void check(bool lasted)
    {
        const auto pause = pacer_.next_attempt() - now_;
        require(pause >= 0ms && pause <= detail::backoff_max, "a pause has an upper limit");
        require(!lasted || pause == 0ms, "a connection that lasted is made again at once");
        if (!lasted)
            ++unpaused_;
        if (unpaused_ < std::max<std::size_t>(servers_, 1))
            require(pause == 0ms, "a round tries every server without a pause");
        else
            unpaused_ = 0; // a pause was drawn here; the first may be zero
    }

    input bytes_;
    detail::nanoseconds timeout_{10s};
    std::size_t servers_{3};
    detail::connect_pacer pacer_{servers_, timeout_};
    time_point now_{1h};
    std::size_t unpaused_{0};
};

void check_backoff(input bytes)
{
    const unsigned attempt = bytes.byte();
    const auto pause = detail::backoff_delay(attempt, bytes.number());
    require(pause >= 0ms && pause <= detail::backoff_max, "a wait is within its bound");
    const bool hammers = attempt > 0 && pause < detail::backoff_first / 4;
    require(!hammers, "a later wait is never nothing");
    require(attempt > 0 || pause <= detail::backoff_first, "the first wait is short");
}

} // namespace

void connect_pacer(input bytes)
{
    check_backoff(bytes);
    client(bytes).run();
}

} // namespace paddock::fuzz
