#include "test/chaos/client_options.hpp"

#include <functional>
#include <map>
#include <stdexcept>

namespace paddock::test {

std::vector<std::string> to_words(const client_options& options)
{
    return {"hosts=" + options.hosts,
            "resource=" + options.resource,
            "history=" + options.history,
            "id=" + std::to_string(options.id),
            "seed=" + std::to_string(options.seed),
            "session_timeout_ms=" + std::to_string(options.session_timeout.count()),
            "sessions=" + std::to_string(options.sessions),
            "workers=" + std::to_string(options.workers),
            "threads=" + std::to_string(options.threads),
            "keys=" + std::to_string(options.keys),
            "credulous=" + std::to_string(options.credulous ? 1 : 0)};
}

client_options from_words(const std::vector<std::string>& words)
{
    client_options result;
    using text = const std::string&;
    const std::map<std::string, std::function<void(text)>> members{
        {"hosts", [&](text value) { result.hosts = value; }},
        {"resource", [&](text value) { result.resource = value; }},
        {"history", [&](text value) { result.history = value; }},
        {"id", [&](text value) { result.id = static_cast<std::uint32_t>(std::stoul(value)); }},
        {"seed", [&](text value) { result.seed = std::stoull(value); }},
        {"session_timeout_ms",
         [&](text value) { result.session_timeout = std::chrono::milliseconds(std::stol(value)); }},
        {"sessions", [&](text value) { result.sessions = std::stoul(value); }},
        {"workers", [&](text value) { result.workers = std::stoul(value); }},
        {"threads", [&](text value) { result.threads = std::stoul(value); }},
        {"keys", [&](text value) { result.keys = std::stoul(value); }},
        {"credulous", [&](text value) { result.credulous = value == "1"; }},
    };
    for (const auto& word : words) {
        const auto name = word.substr(0, word.find('='));
        const auto member = members.find(name);
        if (member == members.end() || name == word)
            throw std::invalid_argument("chaos client: what is '" + word + "'?");
        member->second(word.substr(name.size() + 1));
    }
    return result;
}

} // namespace paddock::test
