#include "protocol.hpp"

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <unistd.h>

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
        const auto [count, took] = found->second(wanted);
        std::cout << count << ' ' << took << std::endl;
    } catch (const std::exception& failure) {
        std::cout << "failed " << failure.what() << std::endl;
    }
}

} // namespace

int serve(const tasks& known)
{
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);)
        answer(known, line);
    return 0;
}

std::uint64_t resident_bytes()
{
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

turn::turn(std::chrono::duration<double> lasts)
    : begin_(clock::now() + std::chrono::duration_cast<clock::duration>(lasts / 5)),
      end_(clock::now() + std::chrono::duration_cast<clock::duration>(lasts)), last_(begin_)
{
}

void turn::done()
{
    const auto now = clock::now();
    if (now < begin_ || now > end_)
        return;
    ++count_;
    last_ = now;
}

measured turn::result() const
{
    return {count_, std::chrono::duration<double>(last_ - begin_).count()};
}

} // namespace bench
