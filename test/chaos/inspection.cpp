#include "test/chaos/inspection.hpp"

#include "test/chaos/run_names.hpp"
#include "test/support/four_letter.hpp"

#include <cstdint>
#include <exception>
#include <string_view>

namespace paddock::test {

namespace {

endpoint endpoint_of(const std::string& address)
{
    const auto colon = address.rfind(':');
    return {.host = address.substr(0, colon),
            .port = static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))};
}

} // namespace

bool is_well(chaos_ensemble& servers)
{
    for (std::size_t server = 0; server < servers.size(); ++server) {
        if (!server_mode(endpoint_of(servers.address(server))))
            return false;
    }
    return servers.leader().has_value();
}

std::optional<remains> look_for_remains(const chaos_ensemble& servers)
{
    try {
        remains found;
        for (std::size_t server = 0; server < servers.size(); ++server) {
            const auto where = endpoint_of(servers.address(server));
            found.watches += watch_count(where);
            found.contenders.merge(ephemerals(where));
        }
        return found;
    } catch (const std::exception&) { // late, or in an election
        return std::nullopt;
    }
}

std::string describe(const chaos_ensemble& servers)
{
    std::string text;
    for (std::size_t server = 0; server < servers.size(); ++server) {
        const auto where = endpoint_of(servers.address(server));
        for (const auto* word : {"srvr", "dump", "cons", "wchp"})
            text += "==== server " + std::to_string(server + 1) + ", " + word + "\n" +
                    try_four_letter(where, word).value_or("no answer") + "\n";
    }
    return text;
}

std::string key_in(const std::string& contender)
{
    const auto root = std::string_view(lock_root).size() + 1;
    return root < contender.size() ? contender.substr(root, contender.find('/', root) - root) : "";
}

} // namespace paddock::test
