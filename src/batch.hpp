#pragma once

#include "src/contenders.hpp"
#include "src/zk_client.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace paddock::detail {

/// A contender to create, or one to delete, that may share a transaction with those of other keys.
struct batch_entry {
    std::uint64_t epoch{0};
    std::string parent;
    std::string path;                        ///< to delete; or to create, without its number
    std::function<void(enqueued)> created{}; ///< empty: it is to be deleted
    std::function<void(reply_code)> removed{};
    bool may_touch{false}; ///< its parent may be written, as a shared transaction has to
    unsigned failures{0};  ///< transactions that failed with it in them, though not through it

    bool creates() const noexcept { return static_cast<bool>(created); }
};

/// How much one transaction may be: what it holds up behind it, and well below what a server
/// accepts in one request (1 MiB, `jute.maxbuffer`).
struct batch_limits {
    std::size_t entries{256};
    std::size_t bytes{256 * 1024};
    unsigned failures{2}; ///< an entry that was in so many failed ones goes by itself
};

/// Takes what leaves in the next transaction from what waits, in order; empty only if nothing
/// waits. Each of them is of another key. `bytes_each`: what an entry has beside its paths. Pure.
std::vector<batch_entry>
take_batch(std::deque<batch_entry>& waiting, std::size_t bytes_each, const batch_limits& most = {});

/// The operations of a transaction. A contender's are two: it is created, and its parent, written
/// without changing its children, tells how many there are.
std::vector<multi_op> operations_of(const std::vector<batch_entry>& batch, const std::string& data);

/// What is left to do when a transaction has failed.
struct failed_batch {
    std::optional<batch_entry> guilty;      ///< what it failed through: to be answered
    std::optional<batch_entry> untouchable; ///< whose parent could not be written
    std::vector<batch_entry> together{};    ///< to be sent in another transaction
    std::vector<batch_entry> singly{};      ///< to be sent by themselves
};

/// Splits a transaction that failed through one of its operations. Pure.
///
/// Where a parent could not be written its contender is not to blame: by itself, without that, it
/// may well succeed.
failed_batch
after_failure(std::vector<batch_entry> batch, std::size_t operation, const batch_limits& most = {});

} // namespace paddock::detail
