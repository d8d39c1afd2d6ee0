#include "src/session_core.hpp"

#include "src/batcher.hpp"
#include "src/hosts.hpp"
#include "src/log.hpp"
#include "src/reaper.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <unistd.h>
#include <utility>

namespace paddock::detail {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// Wall clock only for a person to read; nothing is decided by it.
std::string utc_now()
{
    const std::time_t now = std::time(nullptr);
    std::tm fields{};
    gmtime_r(&now, &fields);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
    return text.data();
}

std::string describe_process(const std::string& owner)
{
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0)
        host[0] = '?';
    return "host=" + std::string(host.data()) + " pid=" + std::to_string(getpid()) +
           " since=" + utc_now() + (owner.empty() ? "" : " owner=" + owner);
}

std::string to_hex(std::int64_t id)
{
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(id));
    return text.data();
}

std::string in_ms(nanoseconds time)
{
    return std::to_string(duration_cast<milliseconds>(time).count()) + " ms";
}

} // namespace

session_core::session_core(std::shared_ptr<runtime> io,
                           asio::any_io_executor fallback,
                           session_config config)
    : io_(std::move(io)), fallback_(std::move(fallback)), config_(std::move(config)),
      board_(std::make_shared<status_board>()), batcher_(std::make_unique<batcher>(*this)),
      reaper_(std::make_unique<reaper>(*this)), contender_data_(describe_process(config_.owner)),
      timeout_(config_.session_timeout)
{
    auto list = parse_hosts(config_.hosts);
    hosts_ = std::move(list.hosts);
    chroot_ = std::move(list.chroot);
}

session_core::~session_core() = default;

void session_core::start()
{
    last_connected_ = io_->now();
    disconnected_since_ = last_connected_;
    find_servers();
    arm_upkeep();
}

session_usage session_core::usage() const
{
    const auto& now = counters;
    return {.requests = now.requests,
            .writes = now.writes,
            .batched = now.batched,
            .evidence = now.evidence,
            .heartbeats = now.heartbeats,
            .in_doubt = now.in_doubt,
            .watch_events = now.watch_events,
            .connects = now.connects,
            .epochs = now.epochs,
            .grants = now.grants,
            .holds_lost = now.holds_lost,
            .reaped = now.reaped,
            .reaping = now.reaping,
            .holds = now.holds,
            .retained = now.retained,
            .retaken = now.retaken,
            .contenders = now.contenders,
            .watches = now.watches,
            .local_waits = now.local_waits,
            .queued = now.queued};
}

// --- connecting -----------------------------------------------------------------------------

void session_core::find_servers()
{
    resolving_ = true;
    io_->resolve(hosts_,
                 [self = shared_from_this(), epoch = epoch_, list = hosts_version_](
                     std::vector<endpoint> found) {
                     self->resolving_ = false;
                     if (epoch != self->epoch_ || self->is_closed())
                         return;
                     if (list != self->hosts_version_) // set_hosts() came meanwhile
                         self->find_servers();
                     else
                         self->open_client(std::move(found));
                 });
}

void session_core::open_client(std::vector<endpoint> servers)
{
    if (servers.empty()) {
        set_state(board_->read().state,
                  errc::bad_host_list,
                  "none of the hosts in \"" + to_connect_string(hosts_) + "\" has an address");
        io_->call_at(io_->now() + backoff_delay(++resolve_failures_, io_->random()),
                     [self = shared_from_this(), epoch = epoch_] {
                         if (epoch == self->epoch_ && !self->is_closed())
                             self->find_servers();
                     });
        return;
    }
    if (std::exchange(resolve_failures_, 0) != 0)
        set_state(board_->read().state, errc::unreachable, "the hosts have addresses; connecting");
    client_config wanted{.servers = std::move(servers),
                         .session_timeout = config_.session_timeout,
                         .auth = {},
                         .creator_all_acl = config_.acl == acl_policy::creator_all};
    for (const auto& [scheme, secret] : config_.auth)
        wanted.auth.push_back({scheme, secret});
    client_ = io_->make_client(std::move(wanted), *this);
}

void session_core::set_hosts(std::vector<endpoint> hosts)
{
    hosts_ = std::move(hosts);
    ++hosts_version_;
    look_names_up_again();
}

void session_core::on_connected(const connection_info& info)
{
    const bool fresh = session_id_ != info.session_id;
    ++counters.connects;
    connected_ = true;
    session_id_ = info.session_id;
    timeout_ = info.session_timeout;
    last_connected_ = io_->now();
    last_sent_ = last_connected_;
    if (fresh) {
        ++counters.epochs;
        published_ = std::make_shared<epoch_belief>();
        belief_ = belief();
    }
    belief_.connected(info.connect_started, timeout_);
    publish_belief();
    log_info("session 0x" + to_hex(session_id_) + (fresh ? " begins" : " resumes") + ", epoch " +
             std::to_string(epoch_) + ", time-out " + in_ms(timeout_));
    const auto clamped = clamped_timeout();
    if (!clamped.empty() && config_.require_session_timeout) {
        shut(errc::timeout_not_granted, clamped); // nobody saw it connected
        return;
    }
    if (!clamped.empty())
        log_warn(clamped);
    set_state(session_state::connected, {}, clamped);
    if (contenders_.size() != 0)
        send_evidence();
    release_ready();
}

// Empty if the server granted what was asked for.
std::string session_core::clamped_timeout() const
{
    if (timeout_ == config_.session_timeout)
        return {};
    return "asked for a session time-out of " + in_ms(config_.session_timeout) +
           ", the server granted " + in_ms(timeout_);
}

void session_core::on_disconnected()
{
    connected_ = false;
    disconnected_since_ = io_->now();
    evidence_outstanding_ = false;
    queue_.reject_all(reply_code::throttled);
    batcher_->reject_all(reply_code::throttled);
    set_state(session_state::suspended, errc::unreachable, "the connection was lost; reconnecting");
}

void session_core::on_watch(const std::string& path)
{
    ++counters.watch_events;
    auto handlers = watches_.take(path);
    counters.watches = watches_.size();
    for (auto& fired : handlers)
        fired();
}

void session_core::on_session_over(session_end reason)
{
    if (reason == session_end::auth_refused) {
        shut(errc::auth_refused,
             "the ensemble refused the credentials of scheme \"" +
                 (config_.auth.empty() ? "" : config_.auth.front().scheme) + "\"");
        return;
    }
    renew("the ensemble says that the session expired");
}

// --- ending ---------------------------------------------------------------------------------

void session_core::renew(const std::string& why)
{
    log_warn("session 0x" + to_hex(session_id_) + " is lost: " + why);
    set_state(session_state::lost, errc::session_lost, why);
    if (auto old = std::exchange(client_, nullptr))
        old->close([self = shared_from_this(), old](const reply&) {});
    end_epoch(errc::session_lost);
    find_servers();
}

// Whoever lives in the epoch is told after the session's own state says that it is over, so that
// what they do next finds the new one.
void session_core::end_epoch(errc why)
{
    connected_ = false;
    session_id_ = 0;
    evidence_outstanding_ = false;
    const auto tenures = tenures_;
    for (const auto& [id, each] : tenures)
        lose(each, false, "its session is over");
    if (published_)
        published_->set(time_point::min());
    connected_waiters_.clear();
    watches_.clear();
    counters.watches = 0;
    auto told = contenders_.take_all();
    counters.contenders = 0;
    counters.local_waits = 0;
    ++epoch_;                      // nothing that is still on its way belongs to what comes now
    for (const auto& owner : told) // before their requests are rejected: they hear the reason first
        owner->on_session_end(why);
    queue_.reject_all(reply_code::session_over);
    batcher_->reject_all(reply_code::session_over);
    reaper_->end_epoch();
}

void session_core::close(std::function<void(error_code)> done)
{
    if (close_finished_) {
        done(close_outcome_);
        return;
    }
    closing_.push_back(std::move(done));
    if (!is_closed())
        shut(errc::session_closed, "closed by its owner");
}

void session_core::shut(error_code reason, const std::string& explanation)
{
    closed_reason_ = reason;
    closing_guard_ = io_->closing_guard();
    if (reason != errc::session_closed)
        log_error("session closed: " + explanation);
    set_state(session_state::closed, reason, explanation);
    io_->cancel(upkeep_timer_);
    const auto client = std::exchange(client_, nullptr);
    const auto finish = [self = shared_from_this(), client](const reply& answer) {
        self->close_finished_ = true;
        const bool over = answer.code == reply_code::ok || answer.code == reply_code::session_over;
        if (!over)
            self->close_outcome_ = errc::in_doubt;
        for (auto& done : std::exchange(self->closing_, {}))
            done(self->close_outcome_);
        self->closing_guard_.reset();
    };
    end_epoch(static_cast<errc>(reason.value()));
    release_ready();
    if (client)
        client->close(finish);
    else
        io_->post([finish] { finish({}); });
}

// --- status and waiting for a connection ----------------------------------------------------

void session_core::set_state(session_state state, error_code reason, const std::string& explanation)
{
    const auto before = board_->read().state;
    // Until a new session stands, a lost one stays *lost*, so that nobody misses it.
    const bool hides_loss = before == session_state::lost && state == session_state::suspended;
    board_->change([&](session_status& status) {
        status.state = hides_loss ? before : state;
        const bool over = state == session_state::lost || state == session_state::closed;
        status.session_id = over ? 0 : session_id_;
        if (connected_) { // else the session that `epoch_` counts is not made yet
            status.epoch = epoch_;
            status.negotiated_timeout = duration_cast<milliseconds>(timeout_);
        }
        status.reason = reason;
        status.explanation = explanation;
    });
    if (before != state && !hides_loss)
        log_info("session is " + std::string(to_string(state)) +
                 (explanation.empty() ? "" : ": " + explanation));
}

std::uint64_t session_core::when_ready(time_point since, ready_handler handler)
{
    if (connected_ || is_closed()) {
        handler(closed_reason_);
        return 0;
    }
    const auto id = ++last_ready_waiter_;
    const auto due = std::max(since, disconnected_since_) + config_.connect_timeout;
    const auto timer = io_->call_at(due, [self = shared_from_this(), id] {
        auto node = self->ready_waiters_.extract(id);
        if (node.empty())
            return;
        const auto reason = self->board_->read().reason;
        node.mapped().handler(reason == errc::bad_host_list ? errc::bad_host_list
                                                            : errc::unreachable);
    });
    ready_waiters_.emplace(id, ready_waiter{std::move(handler), timer});
    return id;
}

void session_core::forget_ready(std::uint64_t id)
{
    auto node = ready_waiters_.extract(id);
    if (!node.empty())
        io_->cancel(node.mapped().timer);
}

void session_core::when_connected(std::function<void()> handler)
{
    if (connected_)
        handler();
    else
        connected_waiters_.push_back(std::move(handler));
}

void session_core::release_ready()
{
    for (auto& waiting : std::exchange(connected_waiters_, {}))
        waiting();
    // Those who come while these are served are served by the next connection, or in when_ready().
    for (auto& [id, waiter] : std::exchange(ready_waiters_, {})) {
        io_->cancel(waiter.timer);
        waiter.handler(closed_reason_);
    }
}

} // namespace paddock::detail
