#include <paddock/token.hpp>

#include <cstddef>

namespace paddock {

std::string token::text() const
{
    constexpr std::size_t digits_of_int64_max = 19;
    std::string digits = std::to_string(value_);
    if (digits.size() < digits_of_int64_max)
        digits.insert(0, digits_of_int64_max - digits.size(), '0');
    return digits;
}

} // namespace paddock
