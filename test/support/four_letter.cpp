#include "test/support/four_letter.hpp"

#include <limits>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace paddock::test {

namespace {

constexpr std::string_view white = " \t\r\n";

std::string trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(white);
    if (first == std::string_view::npos)
        return {};
    return std::string(text.substr(first, text.find_last_not_of(white) - first + 1));
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(std::move(line));
    return lines;
}

std::map<std::string, std::string> fields_of(const std::string& text, char separator)
{
    std::map<std::string, std::string> fields;
    for (const auto& line : lines_of(text)) {
        const auto at = line.find(separator);
        if (at != std::string::npos)
            fields[trimmed(line.substr(0, at))] = trimmed(line.substr(at + 1));
    }
    return fields;
}

/// The session a line names, when it starts with one.
std::optional<session_id> session_in(const std::string& line)
{
    const std::string text = trimmed(line);
    if (!text.starts_with("0x"))
        return std::nullopt;
    // Unsigned first: the top byte is the server's number, so the sign bit may be set.
    return static_cast<session_id>(std::stoull(text, nullptr, 16));
}

constexpr std::string_view ephemerals_title = "ephemeral nodes dump:";
constexpr std::string_view connections_title = "Connections dump:";

/// The part of `dump` between two titles.
std::string section(const std::string& text, std::string_view from, std::string_view to)
{
    const auto begin = from.empty() ? 0 : text.find(from);
    if (begin == std::string::npos)
        return {};
    const auto end = text.find(to, begin);
    return text.substr(begin, end == std::string::npos ? end : end - begin);
}

connection_info connection_in(const std::string& line)
{
    // " /127.0.0.1:48526[1](queued=0,recved=1,sid=0x10000...,lop=SESS,...)"
    connection_info info;
    const auto begin = line.find('/');
    const auto bracket = line.find('[', begin);
    info.address = line.substr(begin + 1, bracket - begin - 1);

    const auto open = line.find('(', bracket);
    const auto close = line.rfind(')');
    std::istringstream in(line.substr(open + 1, close - open - 1));
    for (std::string field; std::getline(in, field, ',');) {
        const auto at = field.find('=');
        if (at != std::string::npos)
            info.fields[field.substr(0, at)] = field.substr(at + 1);
    }
    return info;
}

} // namespace

std::string
four_letter(const endpoint& server, std::string_view word, std::chrono::milliseconds limit)
{
    const auto socket = connect_to(server, limit);
    send_all(socket, word, limit);
    return receive(socket, std::numeric_limits<std::size_t>::max(), limit);
}

std::optional<std::string>
try_four_letter(const endpoint& server, std::string_view word, std::chrono::milliseconds limit)
{
    try {
        return four_letter(server, word, limit);
    } catch (const std::system_error&) {
        return std::nullopt;
    }
}

std::optional<std::string> server_mode(const endpoint& server, std::chrono::milliseconds limit)
{
    const auto answer = try_four_letter(server, "srvr", limit);
    if (!answer)
        return std::nullopt;
    const auto fields = fields_of(*answer, ':');
    const auto mode = fields.find("Mode"); // absent while the server looks for a leader
    return mode == fields.end() ? std::nullopt : std::optional(mode->second);
}

std::map<std::string, std::string> srvr(const endpoint& server)
{
    return fields_of(four_letter(server, "srvr"), ':');
}

std::map<std::string, std::string> mntr(const endpoint& server)
{
    return fields_of(four_letter(server, "mntr"), '\t');
}

std::int64_t counter(const endpoint& server, const std::string& name)
{
    const auto fields = mntr(server);
    const auto found = fields.find(name);
    if (found == fields.end())
        throw std::out_of_range(server.text() + " has no counter " + name);
    return std::stoll(found->second);
}

std::map<session_id, std::set<std::string>> dump(const endpoint& server)
{
    const auto text = section(four_letter(server, "dump"), ephemerals_title, connections_title);
    std::map<session_id, std::set<std::string>> result;
    std::optional<session_id> session;
    for (const auto& line : lines_of(text)) {
        if (const auto next = session_in(line))
            session = next;
        else if (session && trimmed(line).starts_with('/'))
            result[*session].insert(trimmed(line));
    }
    return result;
}

std::set<session_id> session_ids(const endpoint& server)
{
    std::set<session_id> result;
    for (const auto& line : lines_of(section(four_letter(server, "dump"), {}, ephemerals_title)))
        if (const auto session = session_in(line))
            result.insert(*session);
    return result;
}

std::set<std::string> ephemerals(const endpoint& server)
{
    std::set<std::string> result;
    for (auto& [session, paths] : dump(server))
        result.insert(paths.begin(), paths.end());
    return result;
}

std::map<std::string, std::set<session_id>> wchp(const endpoint& server)
{
    std::map<std::string, std::set<session_id>> result;
    std::string path;
    for (const auto& line : lines_of(four_letter(server, "wchp"))) {
        if (line.starts_with('/'))
            path = line;
        else if (const auto session = session_in(line); session && !path.empty())
            result[path].insert(*session);
    }
    return result;
}

std::size_t watch_count(const endpoint& server)
{
    return static_cast<std::size_t>(counter(server, "zk_watch_count"));
}

std::vector<connection_info> cons(const endpoint& server)
{
    std::vector<connection_info> result;
    for (const auto& line : lines_of(four_letter(server, "cons")))
        if (line.find('/') != std::string::npos && line.find('(') != std::string::npos)
            result.push_back(connection_in(line));
    return result;
}

} // namespace paddock::test
