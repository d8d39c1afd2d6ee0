#include "test/checker/script.hpp"

#include <sstream>
#include <stdexcept>
#include <string>

namespace paddock::checker {

namespace {

constexpr std::int64_t millisecond = 1'000'000;

bool read_kind(std::istream& in, event_kind& kind)
{
    std::string word;
    in >> word;
    for (std::size_t n = 0; n < event_kinds; ++n) {
        kind = static_cast<event_kind>(n);
        if (name_of(kind) == word)
            return true;
    }
    return false;
}

bool concerns_no_key(event_kind kind)
{
    return kind >= event_kind::killed && kind <= event_kind::quiet;
}

// One of the parts that may follow the kind.
bool read_extra(const std::string& word, event& what, history& into)
{
    const auto rest = word.substr(1);
    if (word.front() == '#')
        what.token = std::stoll(rest) * (what.kind == event_kind::called ? millisecond : 1);
    else if (word.front() == '=')
        what.value = std::stoll(rest) * (what.kind <= event_kind::refused ? millisecond : 1);
    else if (word.front() == '@')
        what.key = rest == "-" ? no_key : into.key(rest);
    else
        return false;
    return true;
}

bool read_event(const std::string& text, history& into)
{
    std::istringstream in(text);
    std::int64_t time = 0;
    event what;
    char dot = 0;
    in >> time >> what.client >> dot >> what.attempt;
    if (!in || dot != '.' || !read_kind(in, what.kind))
        return false;
    what.time = std::chrono::nanoseconds(time * millisecond);
    what.key = concerns_no_key(what.kind) ? no_key : into.key("k");
    std::string word;
    while (in >> word)
        if (!read_extra(word, what, into))
            return false;
    into.append(what);
    return true;
}

} // namespace

history told_by(std::string_view script)
{
    history result;
    std::istringstream in{std::string(script)};
    std::string part;
    while (std::getline(in, part, ';'))
        if (part.find_first_not_of(" \n") != std::string::npos && !read_event(part, result))
            throw std::invalid_argument("not an event: " + part);
    return result;
}

} // namespace paddock::checker
