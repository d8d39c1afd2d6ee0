#include "test/chaos/driver_options.hpp"

#include <exception>
#include <functional>
#include <map>

namespace paddock::test {

namespace {

constexpr auto usage = R"(usage: chaos [--OPTION VALUE]...
  --seconds N             how long faults are made; default 60
  --seed S                which faults and which calls; default: drawn and printed
  --on namespaces|docker  where the servers run
  --clients N             client processes; default 4
  --workers N             coroutines in each; default 24
  --threads N             blocking threads in each; default 2
  --sessions N            sessions in each; default 2
  --keys N                how many keys they fight about; default 200
  --session-timeout-ms N  default 3000
  --tick-ms N             tickTime of the servers; default 500
  --faults A,B            only these kinds, such as 'client cut,disk slow'
  --floor N               grants per second below which a run shows nothing; default 167
  --report FILE           draws the run there, as SVG
  --keep FOLDER           copies histories and logs there; default: only when something is wrong
  --credulous 1           a planted bug: clients never ask held()
)";

std::set<std::string> split(const std::string& text)
{
    std::set<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto comma = std::min(text.find(',', at), text.size());
        parts.insert(text.substr(at, comma - at));
        at = comma + 1;
    }
    return parts;
}

std::set<std::string> fault_names(const std::string& text)
{
    const auto names = split(text);
    for (const auto& name : names) {
        bool known = false;
        for (std::size_t kind = 0; kind < fault_kinds; ++kind)
            known = known || name == name_of(static_cast<fault_kind>(kind));
        if (!known)
            throw std::invalid_argument("no such fault");
    }
    return names;
}

using setter = std::function<void(const std::string&)>;

std::map<std::string, setter> client_setters(driver_options& into)
{
    return {
        {"--workers", [&](auto& text) { into.client.workers = std::stoul(text); }},
        {"--threads", [&](auto& text) { into.client.threads = std::stoul(text); }},
        {"--sessions", [&](auto& text) { into.client.sessions = std::stoul(text); }},
        {"--keys", [&](auto& text) { into.client.keys = std::stoul(text); }},
        {"--session-timeout-ms",
         [&](auto& text) {
             into.client.session_timeout = std::chrono::milliseconds(std::stol(text));
         }},
        {"--credulous", [&](auto& text) { into.client.credulous = text == "1"; }},
    };
}

std::map<std::string, setter> setters(driver_options& into)
{
    auto result = client_setters(into);
    result.insert({
        {"--seconds", [&](auto& text) { into.length = std::chrono::seconds(std::stol(text)); }},
        {"--seed", [&](auto& text) { into.seed = std::stoull(text); }},
        {"--on",
         [&](auto& text) {
             if (text != "namespaces" && text != "docker")
                 throw std::invalid_argument("no such place");
             into.on_docker = text == "docker";
         }},
        {"--clients", [&](auto& text) { into.clients = std::stoul(text); }},
        {"--tick-ms", [&](auto& text) { into.tick = std::chrono::milliseconds(std::stol(text)); }},
        {"--faults", [&](auto& text) { into.faults = fault_names(text); }},
        {"--floor", [&](auto& text) { into.grants_per_second_min = std::stod(text); }},
        {"--report", [&](auto& text) { into.report = text; }},
        {"--keep", [&](auto& text) { into.keep = text; }},
    });
    return result;
}

} // namespace

driver_options parse_driver_options(const std::vector<std::string>& words)
{
    driver_options result;
    const auto known = setters(result);
    for (std::size_t at = 0; at < words.size(); at += 2) {
        const auto found = known.find(words[at]);
        if (found == known.end() || at + 1 == words.size())
            throw bad_usage("not understood: " + words[at] + "\n" + usage);
        try {
            found->second(words[at + 1]);
        } catch (const std::exception&) {
            throw bad_usage("not a value for " + words[at] + ": " + words[at + 1] + "\n" + usage);
        }
    }
    return result;
}

} // namespace paddock::test
