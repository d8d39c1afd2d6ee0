#pragma once

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
/// *held*; then, if it is retained and nobody else wants the key, *kept*, and *held* again without
/// the ensemble; at last *over*: lost, or about to be deleted.
class tenure : public std::enable_shared_from_this<tenure> {
public:
    struct identity {
        std::string key;
        std::string parent;
        std::string name;
        std::uint64_t epoch{0};
        std::int64_t czxid{0};
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

    // Any thread.
    const identity& who() const noexcept { return who_; }
    const std::string& path() const noexcept { return path_; }
    const terms& how() const noexcept { return how_; }
    const std::shared_ptr<session_core>& core() const noexcept { return core_; }
    time_point deadline() const noexcept { return belief_->deadline(); }

    /// The first hold.
    std::shared_ptr<grant> begin();
    /// Another one, if it is kept and well believed. Null: only the ensemble can tell.
    std::shared_ptr<grant> take_again();
    /// Whether it is held, and believed.
    bool is_held() const;

    enum class after_hold {
        over,       ///< the contender is to be deleted, or is lost
        kept,       ///< for another hold
        kept_first, ///< the same, and nobody looks after its age yet
    };
    /// The hold has been released.
    after_hold leave(bool may_be_kept);

    // The I/O thread only.
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
    /// The hold that it serves now, which may be none.
    std::shared_ptr<grant> present() const;

    std::uint64_t contender_id{0};
    runtime::timer_id hold_timer{0};
    runtime::timer_id keeping_timer{0};
    watch_table::id queue_watch{0};
    std::function<void()> when_over{}; ///< may be empty

private:
    enum class state { held, kept, over };

    std::shared_ptr<grant> next_grant(time_point now);
    void change(state next);

    const std::shared_ptr<session_core> core_;
    const std::shared_ptr<const epoch_belief> belief_;
    const identity who_;
    const std::string path_;
    const terms how_;
    const nanoseconds belief_least_; ///< what a hold that is taken again has ahead of it
    mutable std::mutex guard_;       ///< of what follows; held for a few assignments only
    state state_{state::held};
    bool wanted_elsewhere_{false};
    std::int64_t turn_{0}; ///< of the next hold
    time_point kept_since_{};
    bool ages_{false}; ///< somebody looks after it
    std::shared_ptr<grant> present_;
};

} // namespace paddock::detail
