#pragma once

#include "recipes/handoff.hpp"
#include "recipes/lock_machine.hpp"
#include "recipes/retention.hpp"
#include "src/session_core.hpp"
#include "src/znode_path.hpp"
#include <paddock/config.hpp>
#include <paddock/error.hpp>
#include <paddock/hold.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace paddock::detail {

/// Where the keys of a lock object live.
struct lock_space {
    std::shared_ptr<session_core> core;
    std::string root; ///< without a trailing slash; empty: the nodes are children of the chroot
    lock_config config;
    bool raw_names{false};                 ///< keys are znode names already
    std::shared_ptr<retention> retained{}; ///< if `retain_for` is set
    std::shared_ptr<handoff> lines{};      ///< if `handoffs_max` is set
};

std::shared_ptr<lock_space> make_lock_space(std::shared_ptr<session_core> core,
                                            std::string root,
                                            const lock_config& config,
                                            bool raw_names);

/// One attempt at a lock: performs what the machine decides, and nothing of its own.
///
/// It is alive from the call until its contender is granted, handed to the reaper, or gone with its
/// session. The user may have been answered long before: with a time-out, or cancelled.
class lock_op final : public heir,
                      public contender_owner,
                      public std::enable_shared_from_this<lock_op> {
public:
    using must_lock = completion<void(error_code, hold)>;
    using may_lock = completion<void(error_code, std::optional<hold>)>;
    /// For a blocking caller: run on the I/O thread, it only wakes the caller up.
    using wake = std::function<void(error_code, std::optional<hold>)>;
    using caller = std::variant<must_lock, may_lock, wake>;

    struct order {
        std::string key;                  ///< as the user gave it
        std::string node;                 ///< as a znode name
        std::optional<nanoseconds> limit; ///< none: as long as it takes; zero: look once
    };

    lock_op(std::shared_ptr<lock_space> space, order wanted, caller handler);

    void start();

private:
    // the caller's side
    void on_cancel(asio::cancellation_type type);
    void on_limit();
    void answer_with(error_code ec, std::optional<hold> granted = std::nullopt);
    void stop();

    // the ensemble's side
    void begin();
    void stand_in_line();
    void inherit(std::shared_ptr<grant> granted) override;
    void lead() override;
    void leave_line();
    void on_ready(error_code ec);
    void proceed(const lock_action& action);
    void perform(const lock_action& action);
    void resume(const lock_event& last);
    void enqueue(bool ghost_risk);
    void make_parents();
    void search();
    void read_own(const std::string& name);
    void list();
    zk_client::listed take_list();
    void watch(const std::string& predecessor);
    void believe();
    void grant_it();
    void finish(error_code ec);
    void leave();
    void drop_watch();
    void on_missing() override;
    void on_session_end(errc why) override;

    bool may_wait() const noexcept { return !wanted_.limit || wanted_.limit->count() > 0; }
    std::string child(const std::string& name) const { return child_path(parent_, name); }

    const std::shared_ptr<lock_space> space_;
    const std::shared_ptr<session_core> core_;
    const order wanted_;
    const std::string parent_;
    const time_point started_;
    std::optional<caller> handler_; ///< empty once the user has been answered
    std::optional<lock_machine> machine_;
    std::uint64_t epoch_{0};
    contenders::id contender_{0};
    watch_table::id watch_{0};
    std::uint64_t ready_wait_{0};
    runtime::timer_id limit_timer_{0};
    unsigned pauses_{0};
    bool busy_{false};     ///< an answer or a pause is outstanding: what comes next waits for it
    bool stopping_{false}; ///< nobody waits for the lock any more
    bool over_{false};     ///< nothing of the attempt is left, or it is in other hands
    bool in_line_{false};  ///< of its lock object, in front or behind others
    bool woken_{false};    ///< the watch that is being set has fired already
};

/// Checks the key and starts an attempt; errors of the key arrive like all others.
void start_lock_op(const std::shared_ptr<lock_space>& space,
                   std::string key,
                   std::optional<nanoseconds> limit,
                   lock_op::caller handler);

} // namespace paddock::detail
