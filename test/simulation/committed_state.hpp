#pragma once

#include "test/simulation/ensemble.hpp"
#include "test/simulation/tree.hpp"
#include "test/simulation/txn_log.hpp"

#include <functional>

namespace paddock::simulation {

/// What the quorum has committed, as somebody sees it who knows everything: no server is asked for
/// it. A transaction counts from the moment in which its leader finds a quorum behind it, or in
/// which a new leader, whose log has it, does.
class committed_state {
public:
    committed_state(const path_table& paths, ensemble::figures& figures);

    void apply(const txn& done);
    /// What a new leader's log has more. Throws if it has less: then the model lost a write.
    void catch_up(const txn_log& log);

    const tree& nodes() const noexcept { return nodes_; }
    std::function<void(const ensemble::change&)>* on_change{nullptr};

private:
    void tell(const node_change& change, const txn& done);

    const path_table& paths_;
    ensemble::figures& figures_;
    tree nodes_;
};

} // namespace paddock::simulation
