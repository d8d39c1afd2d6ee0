#include "test/checker/history_text.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace paddock::checker {

namespace {

// Large enough to make few calls, small enough to stay in the cache.
constexpr std::size_t batch_bytes = 256 * 1024;
constexpr std::size_t fields_per_line = 7;

bool needs_code(char byte)
{
    return byte <= ' ' || byte > '~' || byte == '%' || byte == '-';
}

void add_key(std::string& line, std::string_view name)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    if (name.empty())
        line += '-';
    for (const char byte : name) {
        if (!needs_code(byte)) {
            line += byte;
            continue;
        }
        const auto code = static_cast<unsigned char>(byte);
        line += '%';
        line += digits[code / 16];
        line += digits[code % 16];
    }
}

template <class Number>
void add_number(std::string& line, Number value)
{
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    line.append(digits.data(), end);
}

void add_line(std::string& lines, const event& what, std::string_view key_name)
{
    add_number(lines, what.time.count());
    lines += ' ';
    lines += name_of(what.kind);
    lines += ' ';
    add_number(lines, what.client);
    lines += ' ';
    add_number(lines, what.attempt);
    lines += ' ';
    add_key(lines, key_name);
    lines += ' ';
    add_number(lines, what.token);
    lines += ' ';
    add_number(lines, what.value);
    lines += '\n';
}

using fields = std::array<std::string_view, fields_per_line>;

std::optional<fields> split(std::string_view line)
{
    fields found;
    for (std::size_t n = 0; n + 1 < found.size(); ++n) {
        const auto space = line.find(' ');
        if (space == std::string_view::npos)
            return std::nullopt;
        found.at(n) = line.substr(0, space);
        line.remove_prefix(space + 1);
    }
    found.back() = line;
    return found;
}

template <class Number>
bool parse(std::string_view text, Number& value, int base = 10)
{
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value, base);
    return result.ec == std::errc{} && result.ptr == end;
}

bool parse_kind(std::string_view text, event_kind& kind)
{
    for (std::size_t n = 0; n < event_kinds; ++n) {
        kind = static_cast<event_kind>(n);
        if (name_of(kind) == text)
            return true;
    }
    return false;
}

std::optional<std::string> parse_key(std::string_view text)
{
    std::string name;
    if (text == "-")
        return name;
    for (std::size_t n = 0; n < text.size(); ++n) {
        if (text[n] != '%') {
            name += text[n];
            continue;
        }
        unsigned char code = 0;
        if (n + 2 >= text.size() || !parse(text.substr(n + 1, 2), code, 16))
            return std::nullopt;
        name += static_cast<char>(code);
        n += 2;
    }
    return name;
}

// Numbers and keys have one way of writing here: a line is right when writing what was read from it
// gives it back. That leaves no case to forget.
bool parse_line(std::string_view line, history& into, std::string& again)
{
    const auto found = split(line);
    const auto key = found ? parse_key((*found)[4]) : std::nullopt;
    event what;
    std::int64_t time = 0;
    if (!key || !parse((*found)[0], time) || !parse_kind((*found)[1], what.kind) ||
        !parse((*found)[2], what.client) || !parse((*found)[3], what.attempt) ||
        !parse((*found)[5], what.token) || !parse((*found)[6], what.value))
        return false;
    what.time = std::chrono::nanoseconds(time);
    again.clear();
    add_line(again, what, *key);
    again.pop_back(); // the line feed
    if (again != line)
        return false;
    what.key = into.key(*key);
    into.append(what);
    return true;
}

} // namespace

std::string text_of(const event& what, std::string_view key_name)
{
    std::string line;
    add_line(line, what, key_name);
    return line;
}

history_file::history_file(const std::filesystem::path& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)), path_(path)
{
    if (fd_ < 0)
        throw std::system_error(errno, std::generic_category(), path_.string());
}

history_file::~history_file()
{
    ::close(fd_);
}

void history_file::append(const event& what, std::string_view key_name)
{
    write(text_of(what, key_name));
}

void history_file::append(const history& batch)
{
    std::string lines;
    for (const auto& what : batch.events()) {
        add_line(lines, what, batch.name_of(what.key));
        if (lines.size() < batch_bytes)
            continue;
        write(lines);
        lines.clear();
    }
    write(lines);
}

void history_file::write(std::string_view lines)
{
    const auto size = static_cast<ssize_t>(lines.size());
    const auto written = ::write(fd_, lines.data(), lines.size());
    // A part of the lines is as bad as none: other threads may have appended theirs behind it.
    if (written != size)
        throw std::system_error(
            written < 0 ? errno : ENOSPC, std::generic_category(), path_.string());
}

reading read_history(const std::filesystem::path& path, history& into)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error(path.string() + ": cannot be opened");
    reading result;
    std::string line;
    std::string again;
    while (std::getline(file, line)) {
        result.torn = file.eof(); // getline() met the end of the file before a line feed
        if (result.torn)
            break;
        ++result.lines;
        if (!parse_line(line, into, again))
            throw std::runtime_error(path.string() + ":" + std::to_string(result.lines) +
                                     ": not an event: " + line);
    }
    if (file.bad())
        throw std::runtime_error(path.string() + ": cannot be read to its end");
    return result;
}

} // namespace paddock::checker
