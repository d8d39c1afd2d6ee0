#include "protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <iomanip>
#include <iostream>
#include <malloc.h>
#include <sstream>
#include <sys/resource.h>
#include <utility>

namespace bench {
namespace {

void answer(const tasks& known, const std::string& line)
{
    std::istringstream words(line);
    std::string name;
    task wanted;
    double seconds = 1;
    words >> name >> wanted.in_flight >> seconds;
    wanted.lasts = std::chrono::duration<double>(seconds);
    const auto found = known.find(name);
    if (found == known.end()) {
        std::cout << "unknown" << std::endl;
        return;
    }
    try {
        const auto [count, took, more] = found->second(wanted);
        std::cout << count << ' ' << took;
        for (const double each : more)
            std::cout << ' ' << each;
        std::cout << std::endl;
    } catch (const std::exception& failure) {
        std::cout << "failed " << failure.what() << std::endl;
    }
}

} // namespace

int serve(const tasks& known)
{
    std::cout << std::setprecision(12) << "ready" << std::endl; // bytes are more than six digits
    for (std::string line; std::getline(std::cin, line);)
        answer(known, line);
    return 0;
}

double allocated_bytes()
{
    const auto heap = ::mallinfo2(); // of all arenas, though its manual speaks of one
    return static_cast<double>(heap.uordblks) + static_cast<double>(heap.hblkhd);
}

std::chrono::duration<double, std::micro> processor_time()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    const auto rest = static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    return std::chrono::duration<double, std::micro>(seconds * 1e6 + rest);
}

turn::turn(std::chrono::duration<double> lasts)
    : begin_(clock::now() + std::chrono::duration_cast<clock::duration>(lasts / 5)),
      end_(clock::now() + std::chrono::duration_cast<clock::duration>(lasts)), last_(begin_),
      used_before_(processor_time()), before_(clock::now())
{
}

void turn::done()
{
    const auto now = clock::now();
    const auto before = std::exchange(before_, now);
    ++all_;
    if (now < begin_ || now > end_)
        return;
    ++count_;
    last_ = now;
    took_.push_back(now - before);
}

measured turn::result() const
{
    return {count_, std::chrono::duration<double>(last_ - begin_).count(), {}};
}

measured turn::result_with_processor_time() const
{
    auto some = result();
    if (all_ > 0)
        some.more = {(processor_time() - used_before_).count() / static_cast<double>(all_)};
    return some;
}

measured turn::result_with_median() const
{
    auto all = result();
    auto sorted = took_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    if (!sorted.empty())
        all.more = {std::chrono::duration<double, std::micro>(*middle).count()};
    return all;
}

measured turn::result_with_longest() const
{
    auto longest = end_ - before_; // negative if the last one ended late
    for (const auto each : took_)
        longest = std::max(longest, each);
    auto all = result();
    all.more = {std::chrono::duration<double>(longest).count()};
    return all;
}

} // namespace bench
