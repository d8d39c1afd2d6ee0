#pragma once

#include "test/simulation/credential_table.hpp"
#include "test/simulation/path_table.hpp"
#include "test/simulation/ring.hpp"
#include "test/simulation/tree.hpp"
#include "test/simulation/txn.hpp"

#include <cstdint>
#include <vector>

namespace paddock::simulation {

/// How the leader judges a write before it is committed: over its tree and over what the proposals
/// on the way will make of it.
/// Source: PrepRequestProcessor, with outstandingChanges of ZooKeeperServer.
class preparation {
public:
    preparation(path_table& paths, const credential_table& credentials, const tree& applied)
        : paths_(paths), credentials_(credentials), tree_(applied)
    {
    }

    /// What the write changes, or, in its place, how it failed.
    void prepare(const client_request& wanted, txn& made);
    /// The end of a session: its ephemeral nodes go, also those still on their way.
    void prepare_close(std::int64_t session, txn& made);
    /// A container without children; nothing if it has some by now.
    void prepare_reaping(path_id container, txn& made);
    void prepare_sequence(path_id parent, std::int32_t next, txn& made);

    /// The tree has it now.
    void forget_until(std::int64_t zxid);

private:
    struct record {
        bool exists{false};
        identity acl{0};
        std::int64_t owner{0};
        std::int32_t version{0};
        std::int32_t sequence{0};
        std::int32_t children{0};
    };
    struct pending {
        std::int64_t zxid{0};
        path_id path{0};
        std::uint64_t before{0}; // the record of this path that it hides
        record now;
    };

    code prepare_one(const operation& wanted, const client_request& asked, txn& made);
    code prepare_create(const operation& wanted, const client_request& asked, txn& made);
    code prepare_remove(const operation& wanted, const client_request& asked, txn& made);
    code prepare_on_node(const operation& wanted, const client_request& asked, txn& made);
    void take_away(path_id path, txn& made);

    record look_up(path_id path) const;
    void put(path_id path, const record& now, std::int64_t zxid);
    void roll_back(std::size_t size);

    path_table& paths_;
    const credential_table& credentials_;
    const tree& tree_;
    ring<pending> outstanding_;
    std::uint64_t forgotten_{0};        // records that have left the front
    std::vector<std::uint64_t> newest_; // by path: the number of its record from 1 on; 0: none
};

} // namespace paddock::simulation
