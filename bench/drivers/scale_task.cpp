#include "scale_task.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace bench {
namespace {

namespace asio = boost::asio;

/// So many locks at least: a few thousand take too little time to measure it.
constexpr std::size_t locks_least = 20'000;

class crowd_of_keys {
public:
    crowd_of_keys(paddock::session& session, const std::string& root, std::size_t count)
        : locks_(session, root), count_(count)
    {
        held_.reserve(count);
    }

    void take_all()
    {
        for (std::size_t each = 0; each < count_; ++each) {
            const auto keep = [this](paddock::error_code ec, paddock::hold granted) {
                note(ec);
                held_.push_back(std::move(granted));
            };
            locks_.async_lock("key-" + std::to_string(each), asio::bind_executor(io_, keep));
        }
        run();
    }

    void release_all()
    {
        const auto done = [this](paddock::error_code ec) { note(ec); };
        for (auto& each : held_)
            each.async_release(asio::bind_executor(io_, done));
        run();
        held_.clear();
    }

private:
    void note(paddock::error_code ec)
    {
        if (ec && !failure_)
            failure_ = ec;
    }

    // To the end also where something failed: the calls that are left refer to us.
    void run()
    {
        io_.run();
        io_.restart();
        if (failure_)
            throw paddock::system_error(failure_);
    }

    asio::io_context io_{1};
    paddock::keyed_mutex locks_;
    const std::size_t count_;
    std::vector<paddock::hold> held_;
    paddock::error_code failure_;
};

} // namespace

measured hold_many(paddock::session& session, const std::string& root, const task& wanted)
{
    const auto bytes_before = allocated_bytes();
    crowd_of_keys keys(session, root, wanted.in_flight);
    keys.take_all(); // makes what a key needs once
    keys.release_all();

    const auto times = std::max<std::size_t>(1, locks_least / wanted.in_flight);
    const auto begin = std::chrono::steady_clock::now();
    const auto used_before = processor_time();
    double bytes = 0;
    for (std::size_t time = 0; time < times; ++time) {
        keys.take_all();
        bytes = allocated_bytes() - bytes_before;
        keys.release_all();
    }
    const auto locks = times * wanted.in_flight;
    const auto used = processor_time() - used_before;
    return {locks,
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
            {bytes, used.count() / static_cast<double>(locks)}};
}

} // namespace bench
