// How a session keeps its belief up: heartbeats, quorum evidence, and what happens when it lapses.

#include "src/hosts.hpp"
#include "src/log.hpp"
#include "src/reaper.hpp"
#include "src/session_core.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace paddock::detail {
namespace {

// Parts of the session time-out; docs/guarantees.md derives them.
constexpr int upkeep_part = 32;    // how often to look
constexpr int heartbeat_part = 16; // half of the silence that would interrupt belief
constexpr int evidence_part = 8;   // four in the half time-out that belief lasts
constexpr int grant_part = 4;      // a grant is given with at least this much belief left

// A thousand checks take a server a few milliseconds. Half of what it accepts in one request (1
// MiB, `jute.maxbuffer`) leaves room for each check's own fields and the chroot.
constexpr contenders::portion checks_max{.paths = 1'000, .bytes = 512 * 1024};

void log_step(const char* step, const grant::identity& who)
{
    if (log_enabled(log_level::debug)) // spares the text
        log_debug("hold on \"" + who.key + "\" " + step + ", token " +
                  std::to_string(who.token.value()));
}

} // namespace

void session_core::arm_upkeep()
{
    auto next = io_->now() + timeout_ / upkeep_part;
    if (!holds_.empty())
        next = std::min(next, belief_.deadline());
    upkeep_timer_ = io_->call_at(next, [self = shared_from_this()] { self->upkeep(); });
}

void session_core::upkeep()
{
    if (is_closed())
        return;
    const auto now = io_->now();
    if (now >= belief_.deadline())
        expire_holds();
    if (connected_)
        upkeep_connected(now);
    else
        upkeep_disconnected(now);
    if (!is_closed())
        arm_upkeep();
}

void session_core::upkeep_connected(time_point now)
{
    // A suspended session without contenders has no evidence on its way that could end that.
    const bool wanted = contenders_.size() != 0 || board_->read().state == session_state::suspended;
    if (wanted && prove_anew(now))
        return;
    const auto due = now - timeout_ / evidence_part + timeout_ / (2 * upkeep_part);
    // Also when other requests of ours are committed meanwhile: they prove the session, but not
    // that each hold's contender is still there.
    if (contenders_.size() != 0 && last_check_sent_ <= due && !evidence_outstanding_)
        send_evidence();
    if (now - last_sent_ >= timeout_ / heartbeat_part - timeout_ / (2 * upkeep_part))
        send_heartbeat();
}

// A reconnect proves the session at once, where contact would need a quarter of the time-out. But a
// young connection has just done that: beside a server that is only slow another helps nobody, and
// what it was asked has to be answered first.
bool session_core::prove_anew(time_point now)
{
    const auto young = timeout_ / (commits_slowly() ? 2 : 4);
    if (!connected_ || !belief_.interrupted() || now - last_connected_ < young)
        return false;
    log_info("contact was interrupted; reconnecting, which proves the session again at once");
    client_->reconnect();
    return true;
}

void session_core::upkeep_disconnected(time_point now)
{
    const auto silent_since = std::max(belief_.last_contact(), last_connected_);
    if (session_id_ != 0 && now - silent_since >= timeout_) {
        renew("no server answered for the session time-out");
        return;
    }
    const auto give_up = config_.give_up_after;
    if (give_up.count() != 0 && now - disconnected_since_ >= give_up) {
        shut(errc::ensemble_lost,
             "no server of \"" + to_connect_string(hosts_) + "\" answered for give_up_after, " +
                 std::to_string(give_up.count()) + " ms");
        return;
    }
    if (now - last_names_looked_up_ >= timeout_ / 3)
        look_names_up_again();
}

// Only while disconnected does the client take new addresses without a risk to its connection.
void session_core::look_names_up_again()
{
    last_names_looked_up_ = io_->now();
    if (!client_ || resolving_)
        return;
    resolving_ = true;
    io_->resolve(hosts_,
                 [self = shared_from_this(), epoch = epoch_, list = hosts_version_](
                     std::vector<endpoint> found) {
                     self->resolving_ = false;
                     if (epoch != self->epoch_ || !self->client_)
                         return;
                     if (list != self->hosts_version_) // set_hosts() came meanwhile
                         self->look_names_up_again();
                     else if (!found.empty())
                         self->client_->set_servers(std::move(found));
                 });
}

// --- evidence -------------------------------------------------------------------------------

void session_core::send_evidence()
{
    auto paths = contenders_.take_turn(checks_max);
    if (paths.empty())
        return; // attempts whose contender is on its way: its creation will be the evidence
    evidence_outstanding_ = true;
    last_check_sent_ = io_->now();
    auto copy = paths;
    check(epoch_,
          std::move(copy),
          [self = shared_from_this(), epoch = epoch_, paths = std::move(paths)](
              const reply& answer, const multi_outcome& outcome) {
              if (epoch != self->epoch_)
                  return;
              self->evidence_outstanding_ = false;
              if (answer.code == reply_code::no_node)
                  self->evidence_failed(paths, outcome.failed.value_or(paths.size()));
          });
}

// A transaction that failed is no evidence; the rest of it is sent again without the culprit, which
// may be one that was deleted on purpose while the checks were on their way.
void session_core::evidence_failed(const std::vector<std::string>& paths, std::size_t index)
{
    if (index < paths.size()) {
        if (const auto missing = contenders_.take_missing(paths[index]))
            missing();
        wake_waiters();
    }
    if (connected_ && contenders_.size() != 0)
        send_evidence();
}

void session_core::take_evidence(const reply& answer)
{
    const auto now = io_->now();
    if (now >= belief_.deadline())
        expire_holds(); // before the deadline moves: the past is not revived
    if (!belief_.committed(answer.sent, answer.received))
        return;
    publish_belief();
    const bool suspended = board_->read().state == session_state::suspended;
    if (connected_ && suspended && belief_.deadline() > now)
        set_state(session_state::connected, {}, clamped_timeout());
}

void session_core::publish_belief()
{
    published_->set(belief_.deadline());
}

void session_core::believe(std::uint64_t epoch,
                           const std::string& path,
                           std::function<void(reply_code)> done)
{
    const auto enough = [this] { return belief_.deadline() - io_->now() >= timeout_ / grant_part; };
    if (epoch == epoch_ && connected_ && enough()) {
        done(reply_code::ok);
        return;
    }
    auto judge = [self = shared_from_this(), epoch, enough, done = std::move(done)](
                     const reply& answer, const multi_outcome&) {
        if (answer.code != reply_code::ok || enough()) {
            done(answer.code);
            return;
        }
        if (epoch == self->epoch_)
            self->prove_anew(self->io_->now());
        done(reply_code::throttled); // look again a little later
    };
    check(epoch, {path}, std::move(judge));
}

// --- holds ----------------------------------------------------------------------------------

std::shared_ptr<grant>
session_core::make_grant(grant::identity who, contenders::id contender, nanoseconds max_hold)
{
    const auto now = io_->now();
    if (max_hold.count() != 0)
        who.expires = now + max_hold;
    auto granted = std::make_shared<grant>(shared_from_this(), published_, std::move(who));
    granted->contender_id = contender;
    contenders_.replace(
        contender,
        {.missing = [this, granted] { lose(granted, false, "its znode was deleted"); },
         .ended = [](errc) {}}); // end_epoch() loses the holds first
    holds_.emplace(contender, granted);
    ++counters.grants;
    counters.holds = holds_.size();
    log_step("is granted", granted->who());
    if (max_hold.count() != 0) {
        granted->expiry_timer = io_->call_at(granted->who().expires, [this, granted] {
            lose(granted, true, "max_hold has passed");
        });
    }
    return granted;
}

void session_core::end_grant(const std::shared_ptr<grant>& granted,
                             bool ended_now,
                             bool was_held,
                             const std::function<void(error_code)>& gone)
{
    const auto& who = granted->who();
    if (!ended_now) { // lost or released before
        gone(errc::hold_lost);
        return;
    }
    drop_grant(granted);
    log_step("is released", who);
    granted->tell_waiters({});
    auto confirm = [was_held, gone](error_code ec) {
        if (gone)
            gone(!was_held && !ec ? make_error_code(errc::hold_lost) : ec);
    };
    reap({who.epoch, who.parent, {}, who.name, std::move(confirm)});
}

void session_core::expire_holds()
{
    if (holds_.empty())
        return;
    const auto holds = holds_;
    for (const auto& [id, granted] : holds)
        lose(granted, true, "nothing was committed for it in time");
    if (connected_)
        set_state(session_state::suspended,
                  errc::in_doubt,
                  "the ensemble committed nothing for this session in time");
}

// Where it passed for all, this does what the timer of the deadline would do, which may come
// behind.
void session_core::end_lapsed(const std::shared_ptr<grant>& granted)
{
    if (io_->now() >= belief_.deadline())
        expire_holds();
    if (granted->now() != grant::phase::lapsed)
        return;
    const bool by_max_hold = io_->now() >= granted->who().expires;
    lose(granted, true, by_max_hold ? "max_hold has passed" : "its deadline had passed when asked");
}

void session_core::lose(const std::shared_ptr<grant>& granted, bool reap_node, const char* why)
{
    drop_grant(granted);
    if (!granted->lose())
        return;
    ++counters.holds_lost;
    const auto& who = granted->who();
    log_warn("hold on \"" + who.key + "\" is lost, token " + std::to_string(who.token.value()) +
             ": " + why);
    granted->tell_waiters(errc::hold_lost);
    if (reap_node)
        reap({who.epoch, who.parent, {}, who.name});
}

void session_core::reap(doomed_contender node)
{
    reaper_->take(std::move(node));
}

void session_core::drop_grant(const std::shared_ptr<grant>& granted)
{
    holds_.erase(granted->contender_id);
    counters.holds = holds_.size();
    delist(granted->contender_id);
    io_->cancel(granted->expiry_timer);
}

void session_core::verify(const std::shared_ptr<grant>& granted,
                          std::function<void(error_code)> done)
{
    if (!granted->held()) {
        done(errc::hold_lost);
        return;
    }
    check(granted->who().epoch,
          {granted->path()},
          [self = shared_from_this(), granted, done = std::move(done)](const reply& answer,
                                                                       const multi_outcome&) {
              if (answer.code == reply_code::ok) {
                  done(granted->held() ? error_code() : make_error_code(errc::hold_lost));
                  return;
              }
              if (answer.code != reply_code::no_node) {
                  self->verify_later(granted, done);
                  return;
              }
              self->lose(granted, false, "its znode was deleted");
              done(errc::hold_lost);
          });
}

// A check does no harm twice, and without an answer the hold itself is lost soon: so this ends.
void session_core::verify_later(const std::shared_ptr<grant>& granted,
                                std::function<void(error_code)> done)
{
    io_->call_at(io_->now() + timeout_ / upkeep_part,
                 [self = shared_from_this(), granted, done = std::move(done)] {
                     self->verify(granted, done);
                 });
}

} // namespace paddock::detail
