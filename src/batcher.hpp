#pragma once

#include "src/batch.hpp"
#include "src/seen_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace paddock::detail {

class session_core;

/// Creates and deletes contenders, many in one transaction: group commit.
///
/// Smart batching: what comes while nothing is under way leaves at once, a lone request as itself;
/// what comes while transactions are under way leaves together when one of them has ended. Keys
/// that are not quiet (no parent yet, or others in line) take the plain path, a create with a
/// listing behind it, and wait for nobody.
///
/// Of each key one entry at a time waits or is in a shared transaction, and the others stand behind
/// it: they leave in the order in which they came, also where a transaction has to be sent again,
/// and no two contenders of a key share one, for they would share a token.
///
/// A transaction that fails names its culprit. That one is answered, and the rest goes again;
/// whoever was twice in a failed one goes by itself. Answers are those of the single requests:
/// `in_doubt` means that the create or the delete may have been carried out.
/// Threads: the I/O thread.
/// Source: docs/design.md, "Group commit"; smart batching after M. Thompson.
class batcher {
public:
    explicit batcher(session_core& core) : core_(core) {}

    /// One to create or to delete, as its handler says.
    void submit(batch_entry next);

    /// Answers all that has not left yet.
    void reject_all(reply_code why);

    std::size_t size() const noexcept { return waiting_.size() + behind_; }

private:
    using ended = std::function<void()>;

    bool goes_plain(const batch_entry& one) const;
    void end_turn(const std::string& parent);
    void flush_soon();
    void flush();
    void slot_free();
    void send(std::vector<batch_entry> batch);
    void send_singly(
        batch_entry one, ended then = [] {});
    void create_singly(batch_entry one, ended then);
    void learn(const std::string& key, const enqueued& found, const node_stat& parent);
    void committed(const std::vector<batch_entry>& batch, std::vector<multi_result> results);
    void failed(std::vector<batch_entry> batch, reply_code code, std::size_t operation);
    void unclear(std::vector<batch_entry> batch);
    void answer_all(const std::vector<batch_entry>& batch, reply_code code);

    /// Of a key with an entry that waits or is in a shared transaction.
    struct key_turn {
        std::list<batch_entry>
            behind;               ///< which allocates nothing while it is empty, as it mostly is
        bool has_creation{false}; ///< it, or what is behind it, is or was one
    };

    session_core& core_;
    std::deque<batch_entry> waiting_;
    std::unordered_map<std::string, key_turn> turns_;
    std::size_t behind_{0}; ///< of all keys
    seen_keys quiet_;       ///< their parent was there, without data, and nobody else in line
    std::set<std::string> unwritable_; ///< roots of keys where a parent could not be written
    unsigned under_way_{0};
    bool flush_posted_{false};
};

} // namespace paddock::detail
