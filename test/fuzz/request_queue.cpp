#include "src/request_queue.hpp"

#include "test/fuzz/fuzz.hpp"

#include <cstddef>
#include <vector>

namespace paddock::fuzz {
namespace {

using detail::reply_code;
using queue = detail::request_queue;

// Requests by number; some submit another when they are sent or rejected, as real ones do.
class model {
public:
    explicit model(input bytes) : bytes_(bytes)
    {
        // Near the limit, where the decisions are.
        for (auto left = queue::in_flight_max - bytes_.below(4); left > 0; --left)
            submit(0);
    }

    void run()
    {
        while (!bytes_.empty()) {
            step();
            check();
        }
        while (in_flight_ > 0)
            answer();
        check();
        require(queue_.size() == 0, "what waits is sent once there is room");
        require(ends_ == static_cast<std::size_t>(submitted_), "every request is sent or rejected");
    }

private:
    void step()
    {
        switch (bytes_.below(8)) {
        case 0:
        case 1:
        case 2:
            submit(bytes_.below(3));
            break;
        case 3:
        case 4:
        case 5:
            if (in_flight_ > 0)
                answer();
            break;
        case 6:
            for (auto left = bytes_.below(64); left > 0 && in_flight_ > 0; --left)
                answer();
            break;
        default:
            reject();
            break;
        }
    }

    // `followers`: how many it submits when its turn comes.
    void submit(std::size_t followers)
    {
        const int number = ++submitted_;
        queue_.submit({[this, number, followers] { sent(number, followers); },
                       [this, number, followers](reply_code why) {
                           require(why == reply_code::throttled, "a reason is passed on");
                           require(rejecting_, "only rejecting rejects");
                           end(number);
                           follow(followers);
                       }});
    }

    void follow(std::size_t followers)
    {
        for (; followers > 0; --followers)
            submit(0);
    }

    void sent(int number, std::size_t followers)
    {
        require(number > last_sent_, "requests leave in the order they came");
        last_sent_ = number;
        require(++in_flight_ <= queue::in_flight_max, "no more are in flight than the limit");
        end(number);
        follow(followers);
    }

    void end(int number)
    {
        ended_.resize(static_cast<std::size_t>(submitted_) + 1);
        auto& ended = ended_[static_cast<std::size_t>(number)];
        require(ended == 0, "a request is sent or rejected once");
        ended = 1;
        ++ends_;
    }

    void answer()
    {
        --in_flight_;
        queue_.answered();
    }

    void reject()
    {
        rejecting_ = true;
        queue_.reject_all(reply_code::throttled);
        rejecting_ = false;
    }

    void check() const
    {
        const auto waiting = static_cast<std::size_t>(submitted_) - ends_;
        require(queue_.size() == waiting, "what was neither sent nor rejected waits");
        require(waiting == 0 || in_flight_ == queue::in_flight_max,
                "nothing waits while there is room");
    }

    input bytes_;
    queue queue_;
    std::size_t in_flight_{0};
    std::vector<char> ended_; // by number
    std::size_t ends_{0};
    int submitted_{0};
    int last_sent_{0};
    bool rejecting_{false};
};

} // namespace

void request_queue(input bytes)
{
    model(bytes).run();
}

} // namespace paddock::fuzz
