#include "src/belief.hpp"

#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

// One session's timeline: requests go out, answers come back in their order, connections break and
// the clock runs. Beside it the derivation of docs/guarantees.md, written down once more: naively,
// with every contact and every piece of evidence kept.

namespace paddock::fuzz {
namespace {

using std::chrono::nanoseconds;
using time_point = detail::belief::time_point;
using namespace std::chrono_literals;

struct exchange {
    time_point sent;
    time_point received;
};

// The latest time until which the derivation lets anybody believe.
class bound {
public:
    void connected(time_point started, nanoseconds timeout)
    {
        contacts_.clear();
        evidence_.clear();
        interrupted_ = false;
        timeout_ = timeout;
        floor_ = std::max(floor_, started);
        last_contact_ = std::max(last_contact_, started);
        deadline_ = std::min(deadline_, started + timeout * 7 / 8);
    }

    void answered(exchange with)
    {
        if (!contacts_.empty() && with.received - last_contact_ > timeout_ / 8) {
            contacts_.clear();
            interrupted_ = true;
        }
        last_contact_ = std::max(last_contact_, with.sent);
        contacts_.push_back(with);
    }

    void committed(exchange with)
    {
        answered(with);
        evidence_.push_back(with);
        for (const auto& first : evidence_) {
            if (first.received <= with.sent)
                prove(first);
        }
        deadline_ =
            std::max(deadline_, std::min(with.sent + timeout_ / 2, floor_ + timeout_ * 7 / 8));
    }

    time_point deadline() const { return deadline_; }
    time_point floor() const { return floor_; }

private:
    void prove(const exchange& first)
    {
        const auto settling = interrupted_ ? timeout_ * 3 / 8 : timeout_ / 4;
        for (const auto& contact : contacts_) {
            if (contact.received > first.sent - settling)
                continue;
            floor_ = std::max(floor_, contact.sent);
            interrupted_ = false;
        }
    }

    nanoseconds timeout_{0};
    time_point deadline_{};
    time_point floor_{};
    time_point last_contact_{};
    std::vector<exchange> contacts_;
    std::vector<exchange> evidence_;
    bool interrupted_{false};
};

class timeline {
public:
    explicit timeline(input bytes) : bytes_(bytes)
    {
        timeout_ = 1s * static_cast<std::int64_t>(1 + bytes_.below(40));
        connect();
    }

    void run()
    {
        while (!bytes_.empty())
            step();
        recover();
    }

private:
    struct request {
        time_point sent;
        bool write;
    };

    void step()
    {
        const auto what = bytes_.below(8);
        switch (what) {
        case 0: // a moment, or up to two time-outs
        case 1: {
            const auto share = static_cast<std::int64_t>(bytes_.byte());
            now_ += what == 0 ? timeout_ * share / 2'048 : timeout_ * share / 128;
            break;
        }
        case 2:
        case 3:
            outstanding_.push_back({now_, what == 3});
            break;
        case 4:
        case 5:
            answer();
            break;
        case 6:
            while (!outstanding_.empty())
                answer();
            break;
        default:
            if (bytes_.below(4) == 3)
                timeout_ = 1s * static_cast<std::int64_t>(1 + bytes_.below(40));
            connect();
            break;
        }
    }

    void connect()
    {
        const auto started = now_;
        now_ += timeout_ * static_cast<std::int64_t>(bytes_.below(16)) / 64;
        outstanding_.clear();
        const auto before = session_.deadline();
        session_.connected(started, timeout_);
        bound_.connected(started, timeout_);
        require(session_.deadline() <= before, "a connection alone proves nothing");
        require(!session_.interrupted(), "a connection is a fresh start");
        check();
    }

    void answer()
    {
        if (outstanding_.empty())
            return;
        const auto [sent, write] = outstanding_.front();
        outstanding_.pop_front();
        const auto before = session_.deadline();
        if (!write) {
            session_.answered(sent, now_);
            bound_.answered({sent, now_});
            require(session_.deadline() == before, "an answer alone proves nothing");
        } else {
            const bool moved = session_.committed(sent, now_);
            bound_.committed({sent, now_});
            require(moved == (session_.deadline() > before), "it says whether belief grew");
            require(session_.deadline() >= before, "evidence takes nothing away");
            require(!moved || session_.deadline() <= sent + timeout_ / 2,
                    "evidence is good for half a time-out from its sending");
        }
        check();
    }

    void check() const
    {
        require(session_.deadline() <= bound_.deadline(), "belief stays within its derivation");
        require(session_.deadline() <= std::max(bound_.floor(), time_point{}) + timeout_ * 7 / 8 ||
                    session_.deadline() == time_point{},
                "belief ends an eighth of a time-out before the record can");
        require(session_.last_contact() <= now_, "contact lies in the past");
    }

    // A connection that answers at once, as often as a session asks: belief must come back.
    void recover()
    {
        while (!outstanding_.empty())
            answer();
        for (int turn = 0; turn < 32; ++turn) {
            now_ += timeout_ / 16;
            outstanding_.push_back({now_, turn % 2 == 0});
            answer();
        }
        require(session_.deadline() > now_ + timeout_ / 4, "belief comes back with the evidence");
        require(!session_.interrupted(), "an interruption passes");
    }

    input bytes_;
    nanoseconds timeout_{0};
    time_point now_{1h};
    std::deque<request> outstanding_;
    detail::belief session_;
    bound bound_;
};

} // namespace

void belief(input bytes)
{
    timeline(bytes).run();
}

} // namespace paddock::fuzz
