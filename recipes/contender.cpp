#include "recipes/contender.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace paddock::detail {
namespace {

constexpr std::size_t sequence_digits = 10; // the server's %010d
constexpr std::string_view suffix = "-lock-";

bool comes_before(const contender& left, const contender& right)
{
    return std::tie(left.sequence, left.name) < std::tie(right.sequence, right.name);
}

// A '-' before the digits is a sign only after another separator: `-lock--2147483648`, but not
// `-lock-0000000001`. Of a small number it is one of the ten characters: `-lock--000000001`.
bool ends_in_separator(std::string_view head)
{
    return !head.empty() && (head.back() == '-' || head.back() == '_');
}

bool has_sign(std::string_view head)
{
    return !head.empty() && head.back() == '-' &&
           ends_in_separator(head.substr(0, head.size() - 1));
}

void append_hex(std::string& text, std::uint64_t value, int digits)
{
    constexpr char symbols[] = "0123456789abcdef";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
        text += symbols[(value >> shift) & 0x0F];
}

} // namespace

std::string attempt_prefix(std::string_view uuid)
{
    std::string prefix = "_c_";
    prefix.reserve(prefix.size() + uuid.size() + suffix.size());
    prefix.append(uuid).append(suffix);
    return prefix;
}

std::string make_uuid(std::uint64_t high, std::uint64_t low)
{
    constexpr std::uint64_t version = 0x4000; // RFC 4122: random
    constexpr std::uint64_t variant = std::uint64_t{0x2} << 62;
    high = (high & ~std::uint64_t{0xF000}) | version;
    low = (low & ~(std::uint64_t{0x3} << 62)) | variant;
    std::string text;
    text.reserve(36);
    append_hex(text, high >> 32, 8);
    text += '-';
    append_hex(text, (high >> 16) & 0xFFFF, 4);
    text += '-';
    append_hex(text, high & 0xFFFF, 4);
    text += '-';
    append_hex(text, low >> 48, 4);
    text += '-';
    append_hex(text, low & 0xFFFF'FFFF'FFFF, 12);
    return text;
}

std::optional<contender> parse_contender(std::string_view name)
{
    if (name.size() < sequence_digits)
        return std::nullopt;
    const auto head = name.substr(0, name.size() - sequence_digits);
    const auto digits = name.substr(name.size() - sequence_digits);
    std::int64_t number = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failure != std::errc{} || end != digits.data() + digits.size())
        return std::nullopt;
    if (digits.front() == '-')
        return ends_in_separator(head) ? std::optional(contender{name, number}) : std::nullopt;
    return contender{name, has_sign(head) ? -number : number};
}

bool is_known_form(std::string_view name)
{
    for (const std::string_view mark : {"lock-", "__lock__", "__READ__", "__WRIT__"}) {
        if (name.find(mark) != std::string_view::npos)
            return true;
    }
    return false;
}

// One pass and no sort: a hand-off looks at a listing once, and only the nearest in front counts.
place place_of(const std::vector<std::string>& names, std::string_view own)
{
    place result;
    const auto self = parse_contender(own);
    if (!self)
        return result;
    std::optional<contender> nearest;
    for (const auto& name : names) {
        if (name == own) {
            result.present = true;
            continue;
        }
        const auto other = parse_contender(name);
        if (!other)
            continue;
        if (!comes_before(*other, *self)) {
            ++result.behind;
            continue;
        }
        ++result.in_front;
        if (!nearest || comes_before(*nearest, *other))
            nearest = other;
    }
    if (nearest)
        result.predecessor = nearest->name;
    return result;
}

std::string find_attempt(const std::vector<std::string>& names, std::string_view prefix)
{
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return name.starts_with(prefix);
    });
    return found == names.end() ? std::string() : *found;
}

} // namespace paddock::detail
