#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

/// What the fuzz targets share. A target is one function, named after its subject, that turns bytes
/// into calls and checks what the subject promises; it never only waits for a crash.
///
/// `scripts/fuzz` runs each under libFuzzer; `corpus_test.cpp` runs each over its checked-in
/// inputs.
namespace paddock::fuzz {

/// A promise that does not hold. Targets never catch it: libFuzzer keeps the input, Catch2 says
/// why.
class broken_promise : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void require(bool holds, const char* promise)
{
    if (!holds)
        throw broken_promise(std::string("broken promise: ") + promise);
}

/// Bytes, taken apart from the front; past the end everything is zero, so that every input is one.
class input {
public:
    explicit input(std::span<const std::uint8_t> bytes) : left_(bytes) {}

    bool empty() const noexcept { return left_.empty(); }

    std::uint8_t byte()
    {
        if (left_.empty())
            return 0;
        const auto first = left_.front();
        left_ = left_.subspan(1);
        return first;
    }

    /// From 0 to `limit` - 1, of one byte: `limit` is 256 at most.
    std::size_t below(std::size_t limit) { return byte() % limit; }

    bool flag() { return (byte() & 1) != 0; }

    /// A number of eight bytes, the first the lowest.
    std::uint64_t number()
    {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 8)
            value |= std::uint64_t{byte()} << shift;
        return value;
    }

    /// What comes before `end`, which is taken too, or everything.
    std::string until(char end)
    {
        const auto found = std::find(left_.begin(), left_.end(), static_cast<std::uint8_t>(end));
        std::string text(left_.begin(), found);
        left_ = left_.subspan(std::min(left_.size(), text.size() + 1));
        return text;
    }

    std::string rest()
    {
        std::string text(left_.begin(), left_.end());
        left_ = {};
        return text;
    }

private:
    std::span<const std::uint8_t> left_;
};

// One a file, of the same name.
void belief(input bytes);
void config(input bytes);
void connect_pacer(input bytes);
void contenders(input bytes);
void hosts(input bytes);
void keys(input bytes);
void lock_machine(input bytes);
void node_names(input bytes);
void pending_calls(input bytes);
void request_queue(input bytes);
void watch_table(input bytes);
void wire(input bytes);

} // namespace paddock::fuzz
