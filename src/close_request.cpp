#include "src/close_request.hpp"

#include <algorithm>

namespace paddock::detail {
namespace {

// Any positive number does: the C client's own are all answered by then.
constexpr std::array<unsigned char, 4> request_number{0x7f, 'p', 'd', 'k'};

} // namespace

std::array<unsigned char, 12> close_request()
{
    return {0,
            0,
            0,
            8,
            request_number[0],
            request_number[1],
            request_number[2],
            request_number[3],
            0xff,
            0xff,
            0xff,
            0xf5};
}

void close_answer::feed(std::span<const unsigned char> bytes)
{
    if (bytes.size() >= frame_bytes) {
        std::copy(bytes.end() - frame_bytes, bytes.end(), last_.begin());
        return;
    }
    std::copy(
        last_.begin() + static_cast<std::ptrdiff_t>(bytes.size()), last_.end(), last_.begin());
    std::copy(bytes.begin(), bytes.end(), last_.end() - static_cast<std::ptrdiff_t>(bytes.size()));
}

bool close_answer::complete() const
{
    constexpr std::array<unsigned char, 4> length{0, 0, 0, 16};
    constexpr std::array<unsigned char, 4> no_error{};
    return std::equal(length.begin(), length.end(), last_.begin()) &&
           std::equal(request_number.begin(), request_number.end(), last_.begin() + 4) &&
           std::equal(no_error.begin(), no_error.end(), last_.begin() + 16);
}

} // namespace paddock::detail
