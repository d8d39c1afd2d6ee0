#include "test/support/zk_frames.hpp"

#include <stdexcept>
#include <utility>

namespace paddock::test {

namespace {

constexpr std::size_t length_size = 4;

// Far above any reply of a test, below every four-letter word read as a number ("aaaa" is 1.6e9).
constexpr std::int32_t frame_bytes_max = 256 * 1024 * 1024;

std::uint64_t number_at(std::string_view bytes, std::size_t offset, std::size_t size)
{
    if (offset > bytes.size() || bytes.size() - offset < size)
        throw std::out_of_range("frame too short");
    std::uint64_t value = 0;
    for (const char c : bytes.substr(offset, size))
        value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

void append_number(std::string& bytes, std::uint64_t value, std::size_t size)
{
    for (std::size_t i = size; i-- > 0;)
        bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

} // namespace

std::int32_t int32_at(std::string_view bytes, std::size_t offset)
{
    return static_cast<std::int32_t>(number_at(bytes, offset, 4));
}

std::int64_t int64_at(std::string_view bytes, std::size_t offset)
{
    return static_cast<std::int64_t>(number_at(bytes, offset, 8));
}

void append_int32(std::string& bytes, std::int32_t value)
{
    append_number(bytes, static_cast<std::uint32_t>(value), 4);
}

void append_int64(std::string& bytes, std::int64_t value)
{
    append_number(bytes, static_cast<std::uint64_t>(value), 8);
}

void append_buffer(std::string& bytes, std::string_view content)
{
    append_int32(bytes, static_cast<std::int32_t>(content.size()));
    bytes += content;
}

std::optional<std::string> frame_splitter::next()
{
    if (!opaque_ && buffer_.size() >= length_size) {
        const std::int32_t length = int32_at(buffer_, 0);
        opaque_ = length < 0 || length > frame_bytes_max;
    }
    if (opaque_)
        return buffer_.empty() ? std::nullopt : std::optional(std::exchange(buffer_, {}));
    if (buffer_.size() < length_size)
        return std::nullopt;

    const std::size_t size = length_size + static_cast<std::size_t>(int32_at(buffer_, 0));
    if (buffer_.size() < size)
        return std::nullopt;
    std::string frame = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return frame;
}

} // namespace paddock::test
