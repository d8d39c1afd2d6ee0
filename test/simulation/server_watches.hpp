#pragma once

#include "test/simulation/client_link.hpp"
#include "test/simulation/path_table.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace paddock::simulation {

enum class watch_kind : std::uint8_t { data, children };

/// The watches that the clients of one server have left there. They end with the connection.
/// Source: WatchManager.
class server_watches {
public:
    void add(path_id path, watch_kind kind, client_link& whose);
    void remove(path_id path, watch_kind kind, client_link& whose);
    void remove_all(client_link& whose);
    void clear() { watchers_.clear(); }
    /// Who watched, each once; nobody does any more.
    std::vector<client_link*> take(path_id path, watch_kind kind);
    std::size_t count() const;

    /// What is watched: a path, and what of it.
    using target = std::uint64_t;
    static constexpr target target_of(path_id path, watch_kind kind)
    {
        return target{path} << 1 | static_cast<target>(kind);
    }

private:
    void forget(target what, client_link& whose);

    std::unordered_map<target, std::vector<client_link*>> watchers_;
};

} // namespace paddock::simulation
