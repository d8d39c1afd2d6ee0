#pragma once

#include "test/simulation/client_link.hpp"
#include "test/simulation/path_table.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace paddock::simulation {

/// The data watches that the clients of one server have left there. They end with the connection.
/// Source: WatchManager.
class server_watches {
public:
    void add(path_id path, client_link& whose);
    void remove(path_id path, client_link& whose);
    void remove_all(client_link& whose);
    void clear() { watchers_.clear(); }
    /// Who watched, each once; nobody does any more.
    std::vector<client_link*> take(path_id path);
    std::size_t count() const;

private:
    std::unordered_map<path_id, std::vector<client_link*>> watchers_;
};

} // namespace paddock::simulation
