#pragma once

#include "src/grant.hpp"
#include "test/checker/history.hpp"
#include "test/simulation/ensemble.hpp"
#include "test/simulation/process.hpp"
#include "test/simulation/resource.hpp"
#include <paddock/hold.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace paddock::simulation {

/// Sees everything: writes the history that the checker judges, and watches what only an observer
/// of all processes at one instant can see: who believes.
class witness {
public:
    /// `root`: where the keys' parents are. `timeout`: of the sessions.
    witness(world& where, ensemble& servers, std::string root, nanoseconds timeout);

    /// A hold whose end is awaited.
    class observed {
    public:
        observed(witness& by, process& owner, checker::event began, const hold& held);
        const std::shared_ptr<detail::grant>& granted() const noexcept { return granted_; }

    private:
        friend class witness;
        void on_lost();

        witness& by_;
        process& owner_;
        checker::event began_;
        std::shared_ptr<detail::grant> granted_;
        std::string key_;
        time_point believed_last_;
        int signals_{0};
        bool ended_{false};
        bool usurped_{false}; // its contender was deleted by an operator
        bool doubted_{false}; // was seen not to be believed
        std::optional<std::stop_callback<std::function<void()>>> on_stop_;
    };

    // --- what the workers report ----------------------------------------------------------

    void called(checker::client_id client,
                const std::string& key,
                std::uint64_t attempt,
                nanoseconds limit);
    void refused(checker::client_id client, const std::string& key, std::uint64_t attempt);
    /// Null: it was over when it came, and nobody relies on it.
    std::shared_ptr<observed> granted(process& owner,
                                      checker::client_id client,
                                      const std::string& key,
                                      std::uint64_t attempt,
                                      const hold& held);
    /// The holder lets go: to be called before the release.
    void releasing(const std::shared_ptr<observed>& ended);
    /// An operator is about to delete a contender. Its holder cannot know at once; it must soon.
    void operator_deletes(const std::string& path) { deleted_by_operator_.insert(path); }
    /// A read-modify-write of the counter: `read` under the lock, `write` when it arrives.
    std::optional<std::int64_t> read(observed& by);
    void write_sent(observed& by);
    void write_arrives(observed& by, std::int64_t value, bool told);
    /// A call that was cancelled totally has been answered: nothing of it may be left.
    void cancelled_totally(const std::string& key, std::int64_t session, time_point called);
    void killed(process& owner, checker::client_id client);
    void paused(checker::client_id client);
    void resumed(checker::client_id client);

    // --- what the trial asks -----------------------------------------------------------------

    void quiet();
    /// Finds what is left over at rest, and the counters' last values.
    void at_rest(const std::vector<process*>& alive);
    /// To be called after every event.
    void look();
    /// A promise is broken: said once, the first is what counts.
    void violated(const std::string& what);

    const std::optional<std::string>& violation() const noexcept { return violation_; }
    checker::history& history() noexcept { return history_; }
    std::uint64_t grants() const noexcept { return grants_; }
    std::uint64_t losses() const noexcept { return losses_; }
    /// Whether somebody was in the way of a call that this session made then.
    bool had_company(const std::string& key, time_point called, std::int64_t session) const;
    std::uint64_t abandoned{0}; ///< attempts that ended without a hold
    std::uint64_t batched{0};   ///< contenders in transactions with others, by who lived to the end
    std::uint64_t retaken{0};   ///< grants of retained keys, by the same
    bool retains{false};        ///< contenders are kept between holds, and their queues watched
    unsigned hands_on{0};       ///< so often a key passes along the calls of a process
    bool may_be_worn_out{false}; ///< some parent's numbers were brought near their end
    /// The least time seen between the end of a belief and the first moment in which the leader
    /// may expire the session, in shares of the time-out.
    double least_margin() const noexcept { return least_margin_; }

private:
    struct contender {
        std::string path;
        std::int64_t session;
        time_point since;
    };
    struct departure {
        time_point when;
        time_point since;
        std::int64_t session;
    };
    struct queue {
        std::map<std::int64_t, contender> contenders; ///< by czxid, as committed
        std::vector<std::shared_ptr<observed>> open;  ///< holds that were not let go
        std::int64_t last_token{0};                   ///< granted
        std::map<std::int64_t, unsigned> overtaken;   ///< by czxid: grants while others waited long
        bool observed_once{false};                    ///< a contender was seen here
        std::vector<departure> left;                  ///< who went, in the order of their going
    };

    void on_change(const ensemble::change& seen);
    void check_nobody_believes(const std::string& key, const std::string& path);
    void check_overtaking(const std::string& key, const detail::grant& granted);
    void check_turn(const std::string& key, const detail::grant& granted);
    void check_believers(const std::string& key, queue& at);
    void check_told(const queue& at, const observed& next);
    void check_lasts(const observed& next);
    void check_margin(const observed& of);
    void check_stays_lost(observed& of);
    void lost(observed& ended);
    void relied_on(observed& by);
    void usurp(const std::string& key, const std::string& path);
    void close(observed& ended, checker::event_kind how, time_point when);
    void note_of(const observed& which, checker::event_kind how, time_point when);
    void append(checker::event what, const std::string& key);
    checker::event from(const observed& hold, checker::event_kind what) const;

    world& world_;
    ensemble& servers_;
    const std::string root_;
    const nanoseconds timeout_;
    std::set<std::string> deleted_by_operator_;
    std::vector<std::shared_ptr<observed>> open_; ///< of all keys
    unsigned looks_{0};
    std::vector<std::shared_ptr<observed>> owed_; ///< released, and yet to be told of their loss
    resource store_;
    checker::history history_;
    std::map<std::string, queue> queues_;
    std::set<std::string> contested_; ///< keys with more than one open hold
    std::optional<std::string> violation_;
    std::uint64_t grants_{0};
    std::uint64_t losses_{0};
    std::uint64_t deletions_{0};
    double least_margin_{1};
};

} // namespace paddock::simulation
