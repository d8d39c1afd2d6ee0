// What other clients leave in the queues.

#include "test/simulation/fault_kinds.hpp"
#include "test/simulation/foreign_client.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace paddock::simulation {
namespace {

std::vector<std::string> parents(stage& on)
{
    std::vector<std::string> found;
    for (auto& each : on.servers.nodes_below(on.root)) {
        if (each.stat.ephemeral_owner == 0 && each.path != on.root)
            found.push_back(std::move(each.path));
    }
    return found;
}

std::string hex(random_source& chance)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (int each = 0; each < 32; ++each)
        text += digits[chance.below(16)];
    return text;
}

// Curator's, kazoo's, go-zookeeper's, a simple recipe's, and one that nobody knows.
std::string contender_name(random_source& chance)
{
    switch (chance.below(5)) {
    case 0:
        return "_c_" + hex(chance) + "-lock-";
    case 1:
        return hex(chance) + "__lock__";
    case 2:
        return "_c_" + hex(chance) + "-lock-";
    case 3:
        return "lock-";
    default:
        return "visitor-";
    }
}

void join(stage& on, bool& hit)
{
    const auto keys = parents(on);
    if (keys.empty())
        return;
    hit = true;
    const auto& key = keys[on.chance.below(keys.size())]; // apart: operands have no order
    auto visitor = std::make_shared<foreign_client>(
        on.where,
        on.servers,
        "foreign",
        foreign_client::order{.server = any_server(on),
                              .timeout =
                                  std::chrono::duration_cast<std::chrono::milliseconds>(on.timeout),
                              .path = key + "/" + contender_name(on.chance),
                              .stays = on.chance.between(1ms, on.timeout / 4),
                              .leaves_quietly = on.chance.one_in(4)});
    on.where.keep(visitor);
    visitor->start();
}

} // namespace

// No locks: nobody waits for them.
heal foreign_nodes(stage& on)
{
    repeat(on, 4, on.timeout / 2, [&on, hit = on.hit] {
        const auto keys = parents(on);
        if (keys.empty())
            return;
        *hit = true;
        const auto path = keys.front() + "/somebody-0000000000";
        on.servers.create_by_operator(path, "");
        on.where.after(on.timeout / 4, [&on, path] { on.servers.remove_by_operator(path); });
    });
    return {};
}

// Contenders in the same queues, by the names that other libraries give theirs.
heal foreign_contenders(stage& on)
{
    repeat(on, 8, on.timeout, [&on, hit = on.hit] { join(on, *hit); });
    return {};
}

} // namespace paddock::simulation
