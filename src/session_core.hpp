#pragma once

#include "src/backoff.hpp"
#include "src/belief.hpp"
#include "src/blocking.hpp"
#include "src/completion.hpp"
#include "src/contenders.hpp"
#include "src/request_queue.hpp"
#include "src/runtime.hpp"
#include "src/session_access.hpp"
#include "src/status_board.hpp"
#include "src/tenure.hpp"
#include "src/watch_table.hpp"
#include <paddock/config.hpp>
#include <paddock/error.hpp>
#include <paddock/session.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paddock::detail {

class batcher;
class reaper;

/// The figures of `session_usage`, written on the I/O thread and read anywhere.
struct usage_counters {
    std::atomic<std::uint64_t> requests{0}, writes{0}, evidence{0}, heartbeats{0}, in_doubt{0},
        watch_events{0}, connects{0}, epochs{0}, grants{0}, holds_lost{0}, reaped{0}, reaping{0},
        holds{0}, contenders{0}, watches{0}, local_waits{0}, queued{0}, batched{0}, retained{0},
        retaken{0};
};

/// A session: one ZooKeeper client after another, each an epoch; what may be believed of it; and
/// everything that lives in it.
///
/// Recipes talk to the ensemble through it. Whatever they send is stamped with the epoch it was
/// meant for and ends with `session_over` if that epoch is not the present one when it is answered:
/// the session's znodes are gone, and so is whoever waited.
/// Threads: the I/O thread only, but for the part that says otherwise.
class session_core final : public zk_events, public std::enable_shared_from_this<session_core> {
public:
    session_core(std::shared_ptr<runtime> io,
                 asio::any_io_executor fallback,
                 session_config config);
    ~session_core() override;

    // --- any thread -------------------------------------------------------------------------

    runtime& io() const noexcept { return *io_; }
    const std::shared_ptr<runtime>& shared_io() const noexcept { return io_; }
    const asio::any_io_executor& fallback_executor() const noexcept { return fallback_; }
    status_board& board() noexcept { return *board_; }
    session_usage usage() const;
    const std::string& chroot() const noexcept { return chroot_; }

    /// What is asked of it from now on finds it closed.
    void begin_close() noexcept { closing_now_ = true; }
    bool is_closing() const noexcept { return closing_now_; }

    // --- the session's own life -------------------------------------------------------------

    void start();
    void close(std::function<void(error_code)> done);
    void set_hosts(std::vector<endpoint> hosts);

    // --- for recipes ------------------------------------------------------------------------

    std::uint64_t epoch() const noexcept { return epoch_; }
    std::int64_t session_id() const noexcept { return session_id_; }
    nanoseconds timeout() const noexcept { return timeout_; }
    /// A hold is given with at least this much belief ahead of it.
    nanoseconds belief_least() const noexcept { return timeout_ / 4; }

    /// Calls back once requests can be sent, maybe inside this call; with an error when the session
    /// is closed or `connect_timeout` has passed without a connection in which somebody waited,
    /// who began to at `since`. Gives an id to forget it by; 0 when called inside.
    using ready_handler = std::function<void(error_code)>;
    std::uint64_t when_ready(time_point since, ready_handler handler);
    void forget_ready(std::uint64_t id);
    /// They can be sent now.
    bool is_ready() const noexcept { return connected_ && !is_closed(); }

    /// Calls back at the next connection, or now, unless the epoch ends before; never gives up.
    void when_connected(std::function<void()> handler);

    /// Registers an attempt: while there is one, the session keeps up quorum evidence, and tells it
    /// when the session ends.
    contenders::id enlist(std::shared_ptr<contender_owner> owner);
    void set_contender_path(contenders::id who, std::string_view parent, std::string_view name);
    void delist(contenders::id who);

    // Requests, with paths below the chroot.
    void create(std::uint64_t epoch, create_request request, zk_client::created handler);
    void children(std::uint64_t epoch, const std::string& path, zk_client::listed handler);
    void stat(std::uint64_t epoch, const std::string& path, zk_client::got handler);
    void remove(std::uint64_t epoch, const std::string& path, zk_client::done handler);
    /// All of it or nothing, in one transaction.
    void commit(std::uint64_t epoch, std::vector<multi_op> ops, zk_client::committed handler);
    /// Lists behind a commit of ours: whatever this session asked for before, over whatever
    /// connection, is done and seen, or will be refused.
    void
    children_for_certain(std::uint64_t epoch, const std::string& path, zk_client::listed handler);

    /// Creates a znode and what is missing above it; one that is there is fine.
    void make_path(std::uint64_t epoch,
                   const std::string& path,
                   create_mode leaf,
                   zk_client::done handler);

    /// Reads a znode and watches it; `fired` runs once, when it changes or is deleted. Gives an id
    /// for `unwatch`, or 0 if the limit of watches is reached: then no handler is called.
    /// Of one of this session's own contenders nothing is asked: its end is known here.
    watch_table::id watch(std::uint64_t epoch,
                          const std::string& path,
                          watch_table::fired fired,
                          zk_client::got handler);
    void unwatch(watch_table::id watch);

    /// Lists a znode's children and watches them; `fired` runs once, when one comes or goes. It is
    /// over when it fires, at the latest when a child of ours is deleted. Gives an id for
    /// `unwatch`, or 0 if half the limit of watches is reached, which leaves the other half to
    /// waiters: then no handler is called.
    watch_table::id watch_children(std::uint64_t epoch,
                                   const std::string& path,
                                   watch_table::fired fired,
                                   zk_client::listed handler);

    /// Creates, or deletes, a contender, in one transaction with others that want it.
    void enqueue(new_contender wanted, std::function<void(enqueued)> handler);
    void remove_contender(const doomed_contender& node, std::function<void(reply_code)> handler);
    void count_queued();

    /// Makes sure that the session may be believed for long enough to grant a lock to this
    /// contender: `ok`, `no_node`, or a code that says to look again.
    void believe(std::uint64_t epoch, contenders::id who, std::function<void(reply_code)> done);

    /// Somebody's contender of a form no known client makes: respected, and told once.
    void note_unknown_name(const std::string& path);

    /// Whether one more attempt may be queued.
    bool has_room() const noexcept
    {
        return counters.queued + ready_waiters_.size() < config_.requests_max;
    }

    /// Hands a contender over to be deleted; `gone` may run inside this call if its epoch is over.
    void reap(doomed_contender node);
    /// The reaper deletes this znode, and has confirmed that it is gone.
    void doom(const std::string& path);
    void confirm_gone(const std::string& path);
    const std::string& contender_data() const noexcept { return contender_data_; }

    // --- grants -----------------------------------------------------------------------------

    /// A hold begins. The attempt's registration is taken over.
    std::shared_ptr<grant>
    begin_tenure(tenure::identity who, tenure::terms how, contenders::id contender);
    /// The user's last release arrived: its znode is deleted. `gone` may be empty.
    void end_tenure(const std::shared_ptr<tenure>& ended,
                    bool was_held,
                    std::function<void(error_code)> gone);
    /// Somebody else wants the key: at once if it is kept, or when it is released.
    void give_way(const std::shared_ptr<tenure>& wanted);
    /// A hold was released to a line in which nobody waits any more.
    void
    settle(const std::shared_ptr<tenure>& passing, bool may_be_kept, const tenure::confirm& gone);
    /// Gives a kept contender up when it is old enough; to be asked for again when it is kept
    /// again.
    void watch_age(const std::shared_ptr<tenure>& kept);
    /// Its znode is not there any more.
    void found_missing(const std::shared_ptr<tenure>& which);
    /// Somebody saw the hold past its deadline.
    void end_lapsed(const std::shared_ptr<grant>& granted);
    /// Commits a check of the hold's contender.
    void verify(const std::shared_ptr<grant>& granted, std::function<void(error_code)> done);

    usage_counters counters;

private:
    /// `unwatch` may be answered by the client itself, and proves no contact.
    enum class request_kind { read, unwatch, write, heartbeat, evidence };

    // zk_events
    void on_connected(const connection_info& info) override;
    void on_disconnected() override;
    void on_session_over(session_end reason) override;
    void on_watch(const std::string& path) override;

    // connecting and ending: session_core.cpp
    void find_servers();
    void open_client(std::vector<endpoint> servers);
    void renew(const std::string& why);
    void end_epoch(errc why);
    void shut(error_code reason, const std::string& explanation);
    std::string clamped_timeout() const;
    void set_state(session_state state, error_code reason, const std::string& explanation);
    void release_ready();
    bool is_closed() const noexcept { return closed_reason_.failed(); }
    bool commits_slowly() const noexcept { return last_commit_took_ > timeout_ / 16; }

    // keeping belief: session_upkeep.cpp
    void arm_upkeep();
    void upkeep();
    void upkeep_connected(time_point now);
    void upkeep_disconnected(time_point now);
    bool prove_anew(time_point now);
    void look_names_up_again();
    void send_heartbeat();
    void send_evidence();
    void evidence_failed(const std::vector<std::string>& paths, std::size_t index);
    void take_evidence(const reply& answer);
    void publish_belief();

    // holds: session_holds.cpp
    void watch_max_hold(const std::shared_ptr<tenure>& of);
    void expire_holds();
    void lose(const std::shared_ptr<tenure>& ended,
              bool reap_node,
              const char* why,
              const grant* only = nullptr);
    void drop(const std::shared_ptr<tenure>& ended);
    void verify_later(const std::shared_ptr<grant>& granted, std::function<void(error_code)> done);

    // waiting for contenders of its own: session_waiters.cpp
    watch_table::id watch_own(std::uint64_t epoch,
                              const std::string& path,
                              watch_table::fired fired,
                              const zk_client::got& handler);
    void wake_waiters();

    // requests: session_requests.cpp
    std::string full(const std::string& path) const
    {
        return chroot_.empty() ? path : chroot_ + path;
    }
    void submit(std::uint64_t epoch, request_kind kind, request_queue::request request);
    void note_sent(request_kind kind);
    reply_code note_answered(std::uint64_t epoch, request_kind kind, const reply& answer);
    void make_full_path(std::uint64_t epoch,
                        const std::string& path,
                        create_mode mode,
                        zk_client::done handler);
    template <class... Results, class Send>
    void request(std::uint64_t epoch,
                 request_kind kind,
                 std::function<void(const reply&, Results...)> handler,
                 Send send);
    nanoseconds patience_of(request_kind kind) const;
    void retire_watch(const std::string& path);
    void check(std::uint64_t epoch,
               std::vector<std::string> paths,
               zk_client::committed handler,
               request_kind kind = request_kind::evidence);
    void send_multi(std::uint64_t epoch,
                    std::vector<multi_op> ops,
                    zk_client::committed handler,
                    request_kind kind);

    const std::shared_ptr<runtime> io_;
    const asio::any_io_executor fallback_;
    const session_config config_;
    const std::shared_ptr<status_board> board_;
    const std::unique_ptr<batcher> batcher_;
    const std::unique_ptr<reaper> reaper_;
    std::string chroot_;
    std::string contender_data_;
    std::vector<endpoint> hosts_;
    std::uint64_t hosts_version_{0};

    std::shared_ptr<zk_client> client_;
    std::uint64_t epoch_{1};
    std::int64_t session_id_{0};
    nanoseconds timeout_{0};
    bool connected_{false};
    bool resolving_{false};
    bool unknown_name_told_{false};
    unsigned resolve_failures_{0};
    error_code closed_reason_;
    bool close_finished_{false};
    error_code close_outcome_;
    std::atomic<bool> closing_now_{false};
    std::vector<std::function<void(error_code)>> closing_;
    std::shared_ptr<void> closing_guard_;

    struct ready_waiter {
        ready_handler handler;
        runtime::timer_id timer{0};
    };
    std::map<std::uint64_t, ready_waiter> ready_waiters_;
    std::uint64_t last_ready_waiter_{0};
    std::vector<std::function<void()>> connected_waiters_;

    belief belief_;
    std::shared_ptr<epoch_belief> published_;
    runtime::timer_id upkeep_timer_{0};
    time_point last_sent_;
    time_point last_check_sent_;
    time_point last_connected_;
    time_point disconnected_since_;
    time_point last_names_looked_up_;
    bool evidence_outstanding_{false};
    nanoseconds last_commit_took_{0};

    request_queue queue_;
    watch_table watches_;
    contenders contenders_;
    bool waking_{false}; ///< somebody who waits for one of our contenders is about to be woken
    std::map<contenders::id, std::shared_ptr<tenure>> tenures_;
};

} // namespace paddock::detail
