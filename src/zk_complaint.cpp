#include "src/zk_complaint.hpp"

#include "src/log.hpp"

#include <string_view>

namespace paddock::detail {
namespace {

std::string& kept()
{
    static auto& text = *new std::string; // never destroyed: the I/O thread ends very late
    return text;
}

// `2024-05-01 12:00:00,123:42(0x7f...):ZOO_ERROR@func@1234: text`
std::string_view text_of(std::string_view line)
{
    const auto level = line.find(":ZOO_");
    const auto colon = level == std::string_view::npos ? level : line.find(": ", level);
    return colon == std::string_view::npos ? line : line.substr(colon + 2);
}

} // namespace

void note_complaint(const char* line)
{
    kept() = text_of(line);
    if (log_enabled(log_level::debug))
        log_debug("C client: " + kept());
}

const std::string& last_complaint()
{
    return kept();
}

} // namespace paddock::detail
