// How a session keeps its belief up: heartbeats, quorum evidence, and what happens when it lapses.

#include "src/hosts.hpp"
#include "src/log.hpp"
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

// A thousand checks take a server a few milliseconds. Half of what it accepts in one request (1
// MiB, `jute.maxbuffer`) leaves room for each check's own fields and the chroot.
constexpr contenders::portion checks_max{.paths = 1'000, .bytes = 512 * 1024};

} // namespace

void session_core::arm_upkeep()
{
    auto next = io_->now() + timeout_ / upkeep_part;
    if (!tenures_.empty())
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
        if (const auto owner = contenders_.take_missing(paths[index]))
            owner->on_missing();
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
                           contenders::id who,
                           std::function<void(reply_code)> done)
{
    const auto enough = [this] { return belief_.deadline() - io_->now() >= belief_least(); };
    if (epoch == epoch_ && connected_ && enough()) {
        done(reply_code::ok);
        return;
    }
    const auto path = contenders_.path_of(who);
    if (path.empty()) { // found missing a moment ago
        done(reply_code::no_node);
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

} // namespace paddock::detail
