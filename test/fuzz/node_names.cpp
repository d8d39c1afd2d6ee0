#include "recipes/contender.hpp"
#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace paddock::fuzz {
namespace {

using detail::parse_contender;
using detail::place_of;

// As the server writes a sequence number.
std::string numbered(const std::string& prefix, std::int32_t sequence)
{
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), "%010d", sequence);
    return prefix + digits.data();
}

void check_name(const std::string& name)
{
    const auto found = parse_contender(name);
    if (!found)
        return;
    require(found->name == name, "a contender keeps its name");
    require(found->sequence < 10'000'000'000 && found->sequence > -10'000'000'000,
            "a sequence number has ten digits");
    const auto digits = std::to_string(found->sequence < 0 ? -found->sequence : found->sequence);
    const auto zeros = [&](std::size_t width) {
        return std::string(width - std::min(width, digits.size()), '0') + digits;
    };
    require(name.ends_with(zeros(10)) || name.ends_with("-" + zeros(9)),
            "the number is what the name ends with");
    require(found->sequence >= 0 || name.find('-') != std::string::npos,
            "a negative number has a sign");
}

// Every pair of names is ordered, and the order is one line: what place_of() says of each of them
// is what a sort would.
void check_places(const std::vector<std::string>& names)
{
    std::vector<std::pair<std::int64_t, std::string>> line;
    for (const auto& name : names) {
        if (const auto found = parse_contender(name))
            line.emplace_back(found->sequence, name);
    }
    std::sort(line.begin(), line.end());
    const std::vector<std::string> backwards(names.rbegin(), names.rend());
    for (std::size_t rank = 0; rank < line.size(); ++rank) {
        const auto& name = line[rank].second;
        const auto place = place_of(names, name);
        require(place.present, "a listed contender is present");
        require(place.in_front == rank, "the place is what the numbers say");
        require(place.predecessor == (rank == 0 ? "" : line[rank - 1].second),
                "the predecessor is the nearest in front");
        const auto other = place_of(backwards, name);
        require(other.in_front == rank && other.predecessor == place.predecessor,
                "the order of a listing means nothing");
    }
}

void check_absent(const std::vector<std::string>& names, const std::string& own)
{
    const bool listed = std::find(names.begin(), names.end(), own) != names.end();
    const auto place = place_of(names, own);
    if (!parse_contender(own)) {
        require(!place.present && place.in_front == 0 && place.predecessor.empty(),
                "what is no contender has no place");
        return;
    }
    require(place.present == listed, "present is what is listed");
    require(place.predecessor.empty() == (place.in_front == 0),
            "a predecessor is named exactly when somebody is in front");
    auto others = names;
    std::erase(others, own);
    require(place_of(others, own).in_front == place.in_front, "nobody is in front of himself");
}

void check_attempt(const std::vector<std::string>& names, const std::string& prefix)
{
    const auto found = detail::find_attempt(names, prefix);
    const auto fits = [&](const std::string& name) { return name.starts_with(prefix); };
    if (found.empty())
        require(std::none_of(names.begin(),
                             names.end(),
                             [&](const auto& name) { return fits(name) && !name.empty(); }),
                "an attempt that is listed is found");
    else
        require(fits(found) && std::find(names.begin(), names.end(), found) != names.end(),
                "what is found is listed and of the attempt");
}

void check_own_form(input& bytes, std::vector<std::string> names)
{
    const auto high = bytes.number();
    const auto low = bytes.number();
    const auto sequence = static_cast<std::int32_t>(bytes.number());
    const auto uuid = detail::make_uuid(high, low);
    require(uuid.size() == 36 && uuid[8] == '-' && uuid[13] == '-' && uuid[18] == '-' &&
                uuid[23] == '-',
            "a uuid has the groups of one");
    require(uuid[14] == '4' && std::string("89ab").find(uuid[19]) != std::string::npos,
            "a uuid says that it is random");
    const auto prefix = detail::attempt_prefix(uuid);
    const auto own = numbered(prefix, sequence);
    require(detail::is_known_form(own), "our own form is a known one");
    const auto self = parse_contender(own);
    require(self && self->sequence == sequence, "our own name reads as its number");
    std::erase_if(names, [&](const auto& name) { return name.starts_with(prefix); });
    names.push_back(own); // a uuid is made once, and so is the node of its attempt
    require(detail::find_attempt(names, prefix) == own, "a uuid finds its own node");
    const auto other = detail::attempt_prefix(detail::make_uuid(high, low ^ 1));
    require(!other.starts_with(prefix) && !own.starts_with(other), "no attempt is another's");
}

} // namespace

// The first line is our own name, the second a prefix, the rest is the listing but for 24 bytes.
void node_names(input bytes)
{
    const auto own = bytes.until('\n');
    const auto prefix = bytes.until('\n');
    std::vector<std::string> names;
    for (std::size_t left = 32; left > 0 && !bytes.empty(); --left) {
        auto name = bytes.until('\n');
        if (name.empty())
            break; // no znode is without a name; what follows is numbers
        names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end()); // a name is there once
    check_name(own);
    for (const auto& name : names)
        check_name(name);
    check_places(names);
    check_absent(names, own);
    check_attempt(names, prefix);
    check_own_form(bytes, names);
}

} // namespace paddock::fuzz
