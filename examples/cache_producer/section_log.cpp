#include "section_log.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace cache_producer {

namespace {

constexpr std::array steps{section_step::enter,
                           section_step::leave,
                           section_step::lost,
                           section_step::killed,
                           section_step::stopped,
                           section_step::ensemble};

/// An empty field would make the columns shift.
std::string_view or_dash(const std::string& text)
{
    return text.empty() ? std::string_view("-") : std::string_view(text);
}

std::string without_dash(std::string text)
{
    return text == "-" ? std::string() : text;
}

section_record record_from(const std::string& line)
{
    std::istringstream in(line);
    section_record record;
    std::int64_t at = 0;
    std::string step;
    if (!(in >> at >> step >> record.instance >> record.section >> record.product >> record.token >>
          record.note))
        throw std::runtime_error("not a line of a section log: " + line);
    record.at = paddock::boot_clock::time_point(paddock::boot_clock::duration(at));
    record.instance = without_dash(record.instance);
    record.product = without_dash(record.product);
    record.note = without_dash(record.note);
    for (const auto known : steps) {
        if (to_string(known) == step) {
            record.step = known;
            return record;
        }
    }
    throw std::runtime_error("not a step of a section log: " + line);
}

} // namespace

std::string_view to_string(section_step step) noexcept
{
    constexpr std::array<std::string_view, steps.size()> names{
        "enter", "leave", "lost", "killed", "stopped", "ensemble"};
    return names[static_cast<std::size_t>(step)];
}

section_log::section_log(const std::filesystem::path& file)
    : fd_(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644))
{
    if (fd_ < 0)
        throw std::system_error(errno, std::generic_category(), file.string());
}

section_log::~section_log()
{
    ::close(fd_);
}

void section_log::append(section_record record)
{
    record.at = paddock::boot_clock::now();
    std::ostringstream out;
    out << record.at.time_since_epoch().count() << ' ' << to_string(record.step) << ' '
        << or_dash(record.instance) << ' ' << record.section << ' ' << or_dash(record.product)
        << ' ' << record.token << ' ' << or_dash(record.note) << '\n';
    const std::string line = out.str();
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::system_error(errno, std::generic_category(), "section log");
}

std::vector<section_record> read_section_log(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::vector<section_record> records;
    for (std::string line; std::getline(in, line);)
        records.push_back(record_from(line));
    return records;
}

} // namespace cache_producer
