#pragma once

#include "src/contenders.hpp"
#include "src/grant.hpp"
#include "src/runtime.hpp"
#include "src/watch_table.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace paddock::detail {

class session_core;

/// The belief deadline of one epoch, written on the I/O thread and read by every `held()`.
class epoch_belief {
public:
    time_point deadline() const noexcept
    {
        return time_point(nanoseconds(nanoseconds_.load(std::memory_order_acquire)));
    }
    void set(time_point deadline) noexcept
    {
        nanoseconds_.store(deadline.time_since_epoch().count(), std::memory_order_release);
    }

private:
    std::atomic<std::int64_t> nanoseconds_{0};
};

/// A contender at the head of its queue, and the holds that it serves, one after the other.
///
/// *held*; then *passing* to who waits in a line of this process, and *held* again; or, if it is
/// retained and nobody else wants the key, *kept*, and *held* again; at last *over*: lost, or about
/// to be deleted.
class tenure final : public contender_owner, public std::enable_shared_from_this<tenure> {
public:
    struct identity {
        std::string key;
        std::string path;           ///< of the contender
        std::size_t parent_size{0}; ///< of the part of the path that is its parent's
        std::uint64_t epoch{0};
        std::int64_t czxid{0};

        std::string parent() const { return path.substr(0, parent_size); }
        std::string name() const { return path.substr(parent_size + 1); }
    };
    struct terms {
        nanoseconds max_hold{0};   ///< of each hold; zero: none
        nanoseconds retain_for{0}; ///< between two holds; zero: not at all
    };

    tenure(std::shared_ptr<session_core> core,
           std::shared_ptr<const epoch_belief> belief,
           nanoseconds belief_least,
           identity who,
           terms how);

    /// Tells the releaser that it is settled whose the key is next, or that the contender is gone.
    using confirm = std::function<void(error_code)>;

    // Any thread.
    const identity& who() const noexcept { return who_; }
    const std::string& path() const noexcept { return who_.path; }
    const terms& how() const noexcept { return how_; }
    const std::shared_ptr<session_core>& core() const noexcept { return core_; }
    time_point deadline() const noexcept { return belief_->deadline(); }

    /// The first hold.
    std::shared_ptr<grant> begin();
    /// Another one, if it is kept and well believed. Null: only the ensemble can tell.
    std::shared_ptr<grant> take_again();
    /// Whether it is held, and believed.
    bool is_held() const;
    /// Whether it is held, believed or not, or passing.
    bool is_in_use() const;

    enum class after_hold {
        over,       ///< the contender is to be deleted, or is lost
        passing,    ///< `when_passed` says whose it is
        kept,       ///< for another hold
        kept_first, ///< the same, and nobody looks after its age yet
    };
    /// The hold has been released.
    after_hold leave(bool may_be_kept);

    // The I/O thread only.
    /// Its holds pass along a line, so often at most.
    void serve_line(unsigned passes_most, bool has_heirs);
    /// Somebody waits in its line. False: it is kept, and nobody would release it.
    bool expect_heir();
    /// Nobody waits in its line any more.
    void expect_none();
    /// The next hold of one that is passing, if it is well believed; `more` wait behind it.
    std::shared_ptr<grant> pass_on(bool more);
    /// One that is passing has nobody to pass to.
    after_hold settle(bool may_be_kept);
    /// Somebody else wants the key. Says whether it was kept, and is over now; if it is held it
    /// will not be kept.
    bool give_way();
    /// Says whether it has been kept for so long that it is over now.
    bool give_way_to_age();
    /// When that will be. Empty: it is not kept, and the next release begins to count.
    std::optional<time_point> keeping_expires();
    /// It is over, if `serving` is the hold that it serves or is null. Gives that hold, which may
    /// be none; nothing if it is not over by this.
    std::optional<std::shared_ptr<grant>> end(const grant* serving = nullptr);
    bool is_over() const;
    void on_missing() override;
    void on_session_end(errc why) override;
    /// The hold that it serves now, which may be none.
    std::shared_ptr<grant> present() const;

    std::uint64_t contender_id{0};
    runtime::timer_id hold_timer{0};
    runtime::timer_id keeping_timer{0};
    watch_table::id queue_watch{0};
    std::vector<std::function<void()>> when_over{};
    std::function<void(const std::shared_ptr<tenure>&, const confirm& gone)> when_passed{};

private:
    enum class state { held, passing, kept, over };

    std::shared_ptr<grant> next_grant(time_point now);
    after_hold put_down(bool may_be_kept);
    void change(state next);

    const std::shared_ptr<session_core> core_;
    const std::shared_ptr<const epoch_belief> belief_;
    const identity who_;
    const terms how_;
    const nanoseconds belief_least_; ///< what a hold that is taken again has ahead of it
    mutable std::mutex guard_;       ///< of what follows; held for a few assignments only
    state state_{state::held};
    bool wanted_elsewhere_{false};
    bool has_heirs_{false};
    unsigned passes_left_{0};
    std::int64_t turn_{0}; ///< of the next hold
    time_point kept_since_{};
    bool ages_{false}; ///< somebody looks after it
    std::shared_ptr<grant> present_;
};

} // namespace paddock::detail
