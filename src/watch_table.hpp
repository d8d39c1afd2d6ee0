#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace paddock::detail {

/// Who waits for which znode to change, and how much of a reconnect's one packet that fills.
class watch_table {
public:
    using id = std::uint64_t; ///< never 0
    using fired = std::function<void()>;

    /// What the C client may have to send in one packet when it reconnects: above the server's
    /// `jute.maxbuffer`, 1,048,575 bytes, it would reconnect for ever (ZOOKEEPER-706). A third of
    /// it is left for the names' growth and the packet's own fields.
    static constexpr std::size_t bytes_max = 700 * 1024;

    /// Whether a watch on `path` still fits.
    bool fits(const std::string& path, std::size_t most = bytes_max) const;

    id add(const std::string& path, fired handler);

    /// Forgets a watch; gives its path if nobody else watches it: then it is *retiring*, and still
    /// counted, until the server has forgotten it too.
    std::string remove(id watch);

    /// Whether the path is still to be forgotten by the server.
    bool is_retiring(const std::string& path) const { return retiring_.contains(path); }

    /// The server has forgotten the path.
    void retired(const std::string& path);

    /// The watches on a path that has fired, which are over with that.
    std::vector<fired> take(const std::string& path);

    void clear();
    std::size_t size() const noexcept { return paths_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    static std::size_t cost(const std::string& path);

    struct watcher {
        id number;
        fired handler;
    };
    using watched = std::unordered_map<std::string, std::vector<watcher>>;

    watched watchers_; ///< its elements stay where they are
    std::unordered_map<id, watched::value_type*> paths_;
    std::unordered_set<std::string> retiring_;
    std::size_t bytes_{0};
    id last_{0};
};

} // namespace paddock::detail
