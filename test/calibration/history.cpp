#include "test/calibration/history.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace paddock::calibration {

std::size_t history::add_client(std::string name)
{
    const std::lock_guard lock(mutex_);
    clients_.push_back({.name = std::move(name)});
    return clients_.size() - 1;
}

void history::note(std::size_t client, std::string text, std::optional<detail::node_stat> stat)
{
    const std::lock_guard lock(mutex_);
    clients_.at(client).seen.push_back({std::move(text), stat});
}

bool history::name_session(std::size_t client, std::int64_t session)
{
    const std::lock_guard lock(mutex_);
    auto& sessions = clients_.at(client).sessions;
    if (!sessions.empty() && sessions.back() == session)
        return false;
    sessions.push_back(session);
    return true;
}

std::int64_t history::session_of(std::size_t client) const
{
    const std::lock_guard lock(mutex_);
    const auto& sessions = clients_.at(client).sessions;
    return sessions.empty() ? 0 : sessions.back();
}

std::size_t history::count(std::size_t client, const std::string& text) const
{
    const std::lock_guard lock(mutex_);
    const auto& seen = clients_.at(client).seen;
    return static_cast<std::size_t>(
        std::count_if(seen.begin(), seen.end(), [&text](const sighting& each) {
            return each.text.starts_with(text);
        }));
}

std::string history::shown(const std::string& real) const
{
    if (real == root_)
        return "/";
    return real.starts_with(root_ + "/") ? real.substr(root_.size()) : "'" + real + "'";
}

std::string history::real(const std::string& shown) const
{
    if (shown == "/")
        return root_;
    return shown.starts_with('/') ? root_ + shown : shown;
}

// Transactions are numbered as they come in the history of the ensemble, whoever saw them.
std::map<std::int64_t, std::size_t> history::ranks() const
{
    std::set<std::int64_t> all;
    for (const viewer& each : clients_) {
        for (const sighting& one : each.seen) {
            if (one.stat)
                all.insert({one.stat->czxid, one.stat->mzxid});
        }
    }
    std::map<std::int64_t, std::size_t> ranks;
    for (const auto zxid : all)
        ranks.emplace(zxid, ranks.size() + 1);
    return ranks;
}

std::string history::owner(std::int64_t session) const
{
    if (session == 0)
        return "nobody";
    for (const viewer& each : clients_) {
        const auto& own = each.sessions;
        if (std::find(own.begin(), own.end(), session) != own.end())
            return each.name;
    }
    return "a stranger";
}

std::vector<std::string> history::lines() const
{
    const std::lock_guard lock(mutex_);
    const auto rank = ranks();
    std::vector<std::string> lines;
    for (const viewer& each : clients_) {
        for (const sighting& one : each.seen) {
            std::string line = each.name + ": " + one.text;
            if (const auto& stat = one.stat)
                line += ", owner " + owner(stat->ephemeral_owner) + ", made #" +
                        std::to_string(rank.at(stat->czxid)) + ", changed #" +
                        std::to_string(rank.at(stat->mzxid)) + ", version " +
                        std::to_string(stat->version) + ", children " +
                        std::to_string(stat->children);
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

std::string side_by_side(const std::vector<std::string>& left,
                         const std::vector<std::string>& right)
{
    // How many lines the rests of both have in common, so that a line more shifts nothing.
    std::vector<std::vector<std::size_t>> common(left.size() + 1,
                                                 std::vector<std::size_t>(right.size() + 1));
    for (std::size_t i = left.size(); i-- > 0;) {
        for (std::size_t j = right.size(); j-- > 0;)
            common[i][j] = left[i] == right[j] ? common[i + 1][j + 1] + 1
                                               : std::max(common[i + 1][j], common[i][j + 1]);
    }
    std::size_t width = 0;
    for (const std::string& line : left)
        width = std::max(width, line.size());
    std::string text;
    const auto add = [&](const std::string& a, const char* mark, const std::string& b) {
        text += a + std::string(width - a.size(), ' ') + mark + b + "\n";
    };
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < left.size() || j < right.size()) {
        if (i < left.size() && j < right.size() && left[i] == right[j])
            add(left[i++], "   ", right[j++]);
        else if (j == right.size() || (i < left.size() && common[i + 1][j] >= common[i][j + 1]))
            add(left[i++], " < ", "");
        else
            add("", " > ", right[j++]);
    }
    return text;
}

} // namespace paddock::calibration
