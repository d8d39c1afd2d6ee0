#pragma once

/// What the clients of a bench see, as text by which two ensembles can be compared.

#include "src/zk_client.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace paddock::calibration {

/// The events of every client in the order in which it saw them, and what the script measured.
///
/// Nothing in it differs from run to run: sessions are known by their clients, znodes by their
/// paths below the root, transactions by their rank among those that were seen. Times only as
/// bounds that were kept or not.
/// Threads: any.
class history {
public:
    explicit history(std::string root) : root_(std::move(root)) {}

    /// Whose events the numbers of the other members stand for: 0 is the script itself.
    std::size_t add_client(std::string name);

    void note(std::size_t client, std::string text, std::optional<detail::node_stat> stat = {});

    /// Says whose a session is. False: it is the one that this client had before.
    bool name_session(std::size_t client, std::int64_t session);
    /// The session that a client has or had last.
    std::int64_t session_of(std::size_t client) const;

    /// How many of a client's events begin with `text`.
    std::size_t count(std::size_t client, const std::string& text) const;

    /// A path as the history shows it, and the real path of what a script calls `/a` or `/`.
    std::string shown(const std::string& real) const;
    std::string real(const std::string& shown) const;

    /// Line by line, client by client.
    std::vector<std::string> lines() const;

private:
    struct sighting {
        std::string text;
        std::optional<detail::node_stat> stat;
    };
    struct viewer {
        std::string name;
        std::vector<std::int64_t> sessions{};
        std::vector<sighting> seen{};
    };
    std::map<std::int64_t, std::size_t> ranks() const;
    std::string owner(std::int64_t session) const;

    const std::string root_;
    mutable std::mutex mutex_;
    std::vector<viewer> clients_{{.name = "script"}};
};

/// Both histories beside each other; what only one of them has is marked.
std::string side_by_side(const std::vector<std::string>& left,
                         const std::vector<std::string>& right);

} // namespace paddock::calibration
