#include "test/simulation/witness.hpp"

#include "src/hold_number.hpp"
#include "src/session_access.hpp"
#include "src/session_core.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {
namespace {

using checker::event_kind;

std::string in_seconds(time_point when)
{
    return std::to_string(std::chrono::duration<double>(when.time_since_epoch()).count()) + " s";
}

std::int64_t czxid_of(const hold& held)
{
    return detail::session_access::behind(held)->of()->who().czxid;
}

} // namespace

witness::observed::observed(witness& by, process& owner, checker::event began, const hold& held)
    : by_(by), owner_(owner), began_(began), granted_(detail::session_access::behind(held)),
      key_(held.key()), believed_last_(owner.around().where.now())
{
    on_stop_.emplace(held.lost(), [this] { on_lost(); });
}

void witness::observed::on_lost()
{
    ++signals_;
    if (usurped_)
        return; // its belief ended in the record when its contender did
    const auto signalled = by_.from(*this, event_kind::lost_signalled);
    by_.lost(*this);
    by_.append(signalled, key_);
}

witness::witness(world& where, ensemble& servers, std::string root, nanoseconds timeout)
    : world_(where), servers_(servers), root_(std::move(root)), timeout_(timeout)
{
    servers.on_change = [this](const ensemble::change& seen) { on_change(seen); };
}

// ---- the queues, as the ensemble commits them --------------------------------------------------

void witness::on_change(const ensemble::change& seen)
{
    const auto slash = seen.path.rfind('/');
    if (seen.ephemeral_owner == 0 || seen.path.compare(0, root_.size(), root_) != 0)
        return;
    const auto key = seen.path.substr(root_.size() + 1, slash - root_.size() - 1);
    auto& contenders = queues_[key].contenders;
    world_.note(seen.created ? "queues" : "leaves",
                seen.path,
                static_cast<std::uint64_t>(seen.czxid),
                static_cast<std::uint64_t>(seen.created ? seen.ephemeral_owner : seen.by_session));
    if (seen.created) {
        queues_[key].observed_once = true;
        contenders.emplace(seen.czxid, contender{seen.path, seen.ephemeral_owner, world_.now()});
        return;
    }
    ++deletions_;
    if (const auto gone = contenders.extract(seen.czxid); !gone.empty())
        queues_[key].left.push_back({world_.now(), gone.mapped().since, gone.mapped().session});
    if (seen.by_session == 0 && deleted_by_operator_.contains(seen.path))
        usurp(key, seen.path);
    else
        check_nobody_believes(key, seen.path);
}

bool witness::had_company(const std::string& key, time_point called, std::int64_t session) const
{
    const auto found = queues_.find(key);
    if (found == queues_.end())
        return false;
    const auto& at = found->second;
    // Maybe by a contender that an operator deleted, which its holder is yet to hear.
    const bool believed = std::any_of(at.open.begin(), at.open.end(), [](const auto& each) {
        return each->granted_->believed();
    });
    if (retains && believed)
        return true;
    const auto gone = std::lower_bound(
        at.left.begin(), at.left.end(), called, [](const departure& each, time_point when) {
            return each.when < when;
        });
    const auto is_own = [&](const auto& each) {
        return each.session == session && each.since >= called;
    };
    const bool stood_in_line = std::any_of(gone, at.left.end(), is_own) ||
                               std::any_of(at.contenders.begin(),
                                           at.contenders.end(),
                                           [&](const auto& each) { return is_own(each.second); });
    // Without one of his own he was told by his process, which knew that the key is held.
    const std::size_t least = (retains || hands_on != 0) && !stood_in_line ? 1 : 2;
    return at.contenders.size() + static_cast<std::size_t>(at.left.end() - gone) >= least;
}

// Released or expired: whoever held it has stopped believing before.
void witness::check_nobody_believes(const std::string& key, const std::string& path)
{
    for (const auto& each : queues_[key].open) {
        if (each->granted_->path() == path && each->granted_->believed())
            violated("key " + key + ": the contender of token " +
                     std::to_string(each->began_.token) + " is gone and " + each->owner_.name() +
                     " believes in it");
    }
}

// The key is free from here on, whatever the holder believes until its next evidence tells it.
void witness::usurp(const std::string& key, const std::string& path)
{
    for (const auto& each : queues_[key].open) {
        if (each->granted_->path() != path || std::exchange(each->usurped_, true))
            continue;
        if (!each->ended_)
            close(*each, event_kind::released, world_.now());
        world_.after(timeout_ * 5 / 8, [this, each] {
            if (each->granted_->believed() && each->owner_.alive())
                violated("key " + each->key_ + ": the contender of token " +
                         std::to_string(each->began_.token) +
                         " was deleted long ago, and its holder has not noticed");
        });
    }
}

// Whoever is granted stands in the queue, in front of all others, with the highest token yet.
void witness::check_turn(const std::string& key, const detail::grant& granted)
{
    auto& at = queues_[key];
    if (!at.observed_once)
        return; // below a chroot, or a key that is spelled otherwise as a znode
    const auto token = granted.token().value();
    const auto czxid = granted.of()->who().czxid;
    if (!at.contenders.contains(czxid))
        violated("key " + key + ": " + granted.path() + " is granted and does not exist");
    else if (at.contenders.begin()->first != czxid)
        violated("key " + key + ": " + granted.path() + " is granted while " +
                 at.contenders.begin()->second.path + " stands in front of it");
    if (token <= at.last_token)
        violated("key " + key + ": token " + std::to_string(token) + " is granted after " +
                 std::to_string(at.last_token));
    at.last_token = token;
}

// A key is given again, beyond the hand-offs that are allowed, only to who cannot know that
// somebody waits. Belief ends half a time-out after evidence was sent, and who came before that was
// heard of before it was answered.
void witness::check_overtaking(const std::string& key, const detail::grant& granted)
{
    const auto own = granted.of()->who().czxid;
    if (granted.token() == detail::token_of(own, 0))
        return;
    auto& at = queues_[key];
    const auto waiting =
        std::find_if(at.contenders.begin(), at.contenders.end(), [&](const auto& each) {
            return each.first != own && world_.now() - each.second.since > timeout_ * 3 / 5;
        });
    if (waiting != at.contenders.end() && ++at.overtaken[own] > hands_on)
        violated("key " + key + ": token " + std::to_string(granted.token().value()) +
                 " is granted again while " + waiting->second.path + " has waited for long");
}

// ---- grants and their ends ---------------------------------------------------------------------

void witness::called(checker::client_id client,
                     const std::string& key,
                     std::uint64_t attempt,
                     nanoseconds limit)
{
    append(
        {.kind = event_kind::called, .client = client, .attempt = attempt, .value = limit.count()},
        key);
}

void witness::refused(checker::client_id client, const std::string& key, std::uint64_t attempt)
{
    ++abandoned;
    append({.kind = event_kind::refused, .client = client, .attempt = attempt}, key);
}

std::shared_ptr<witness::observed> witness::granted(process& owner,
                                                    checker::client_id client,
                                                    const std::string& key,
                                                    std::uint64_t attempt,
                                                    const hold& held)
{
    // Deleted by an operator while the grant was on its way.
    const bool gone = deleted_by_operator_.contains(held.path()) &&
                      !queues_[key].contenders.contains(czxid_of(held));
    if (gone) {
        refused(client, key, attempt);
        return nullptr;
    }
    ++grants_;
    const checker::event began{.kind = event_kind::granted,
                               .client = client,
                               .attempt = attempt,
                               .token = held.token().value()};
    append(began, key);
    auto seen = std::make_shared<observed>(*this, owner, began, held);
    auto& at = queues_[key];
    if (seen->granted_->believed()) {
        check_turn(key, *seen->granted_);
        check_overtaking(key, *seen->granted_);
        check_told(at, *seen);
    }
    check_lasts(*seen);
    at.open.push_back(seen);
    open_.push_back(seen);
    if (at.open.size() > 1)
        contested_.insert(key);
    check_believers(key, at);
    return seen;
}

// Who lost the key before knows it by now, unless its process was stopped meanwhile.
void witness::check_told(const queue& at, const observed& next)
{
    for (const auto& before : at.open) {
        if (before->usurped_ || before->granted_->believed() || before->signals_ != 0 ||
            !before->owner_.runs() || before->owner_.pauses_since(before->believed_last_))
            continue;
        violated("key " + next.key_ + ": token " + std::to_string(next.began_.token) +
                 " is granted, and the holder of token " + std::to_string(before->began_.token) +
                 " in " + before->owner_.name() + " has not been told that it lost the key");
    }
}

void witness::releasing(const std::shared_ptr<observed>& ended)
{
    // A loss that the session knows of is still told, a moment later. One that nobody has noticed
    // ends with the release, and no signal is owed.
    const bool known_lost = ended->granted_->now() == detail::grant::phase::lost;
    if (!ended->ended_) {
        if (ended->granted_->believed())
            close(*ended, event_kind::released, world_.now());
        else if (known_lost)
            lost(*ended);
        else
            close(*ended, event_kind::released, ended->believed_last_);
    }
    if (known_lost && ended->signals_ == 0)
        owed_.push_back(ended);
    else
        ended->on_stop_.reset();
    auto& open = queues_[ended->key_].open;
    std::erase(open, ended);
    std::erase(open_, ended);
    if (open.size() < 2)
        contested_.erase(ended->key_);
}

void witness::lost(observed& ended)
{
    if (ended.ended_)
        return;
    ++losses_;
    close(ended, event_kind::lost, ended.believed_last_);
}

void witness::close(observed& ended, event_kind how, time_point when)
{
    ended.ended_ = true;
    note_of(ended, how, when);
}

// What is known of a belief afterwards.
void witness::note_of(const observed& which, event_kind how, time_point when)
{
    auto what = from(which, how);
    what.time = when.time_since_epoch();
    what.key = history_.key(which.key_);
    history_.append(what);
}

void witness::relied_on(observed& by)
{
    if (!by.ended_ && by.granted_->believed())
        by.believed_last_ = world_.now();
}

// With total cancellation nothing remains when the caller is told, or its session is over.
void witness::cancelled_totally(const std::string& key, std::int64_t session, time_point called)
{
    for (const auto& [czxid, each] : queues_[key].contenders) {
        if (each.session == session && each.since >= called)
            violated("key " + key + ": " + each.path +
                     " is there when its total cancellation has been answered");
    }
}

void witness::killed(process& owner, checker::client_id client)
{
    for (auto& [key, at] : queues_) {
        for (const auto& each : at.open) {
            if (&each->owner_ == &owner) {
                if (!std::exchange(each->ended_, true))
                    note_of(*each, event_kind::believed, each->believed_last_);
                each->on_stop_.reset();
            }
        }
        std::erase_if(at.open, [&](const auto& each) { return &each->owner_ == &owner; });
        if (at.open.size() < 2)
            contested_.erase(key);
    }
    std::erase_if(open_, [&](const auto& each) { return &each->owner_ == &owner; });
    std::erase_if(owed_, [&](const auto& each) { return &each->owner_ == &owner; });
    append({.kind = event_kind::killed, .client = client}, "");
}

void witness::paused(checker::client_id client)
{
    append({.kind = event_kind::paused, .client = client}, "");
}

void witness::resumed(checker::client_id client)
{
    append({.kind = event_kind::resumed, .client = client}, "");
}

// ---- who believes ------------------------------------------------------------------------------

void witness::look()
{
    // Often enough to know to the millisecond when a belief ended.
    constexpr unsigned turns = 16;
    if (++looks_ % turns == 0) {
        for (const auto& each : open_) {
            relied_on(*each);
            check_stays_lost(*each);
            check_margin(*each);
        }
    }
    for (const auto& key : contested_)
        check_believers(key, queues_[key]);
}

void witness::check_believers(const std::string& key, queue& at)
{
    const observed* first = nullptr;
    for (const auto& each : at.open) {
        if (each->usurped_ || !each->granted_->believed())
            continue;
        each->believed_last_ = world_.now();
        if (first != nullptr) {
            violated("key " + key + ": two believe in it at " + in_seconds(world_.now()) + ": " +
                     first->owner_.name() + " with token " + std::to_string(first->began_.token) +
                     " and " + each->owner_.name() + " with token " +
                     std::to_string(each->began_.token));
            return;
        }
        first = each.get();
    }
}

// ---- the guarded counter -----------------------------------------------------------------------

std::optional<std::int64_t> witness::read(observed& by)
{
    relied_on(by);
    std::int64_t value = 0;
    if (store_.read(by.key_, by.began_.token, value))
        return value;
    if (by.granted_->believed() && !by.usurped_)
        violated("key " + by.key_ + ": the resource has seen a younger token than " +
                 std::to_string(by.began_.token) + ", whose holder believes");
    append(from(by, event_kind::write_refused), by.key_);
    return std::nullopt;
}

void witness::write_sent(observed& by)
{
    relied_on(by);
    append(from(by, event_kind::increment_sent), by.key_);
}

void witness::write_arrives(observed& by, std::int64_t value, bool told)
{
    const bool accepted = store_.write(by.key_, by.began_.token, value);
    append(from(by, accepted ? event_kind::written : event_kind::write_refused), by.key_);
    if (told)
        append(from(by, accepted ? event_kind::incremented : event_kind::increment_refused),
               by.key_);
}

// ---- records -----------------------------------------------------------------------------------

void witness::violated(const std::string& what)
{
    if (violation_)
        return;
    violation_ = what;
    world_.note("VIOLATION " + what, "witness");
    world_.stop();
}

void witness::append(checker::event what, const std::string& key)
{
    what.key = key.empty() ? checker::no_key : history_.key(key);
    what.time = world_.now().time_since_epoch();
    history_.append(what);
    world_.note(checker::name_of(what.kind),
                key,
                (std::uint64_t{what.client} << 32) | what.attempt,
                static_cast<std::uint64_t>(what.token));
}

checker::event witness::from(const observed& hold, event_kind what) const
{
    auto record = hold.began_;
    record.kind = what;
    return record;
}

} // namespace paddock::simulation
