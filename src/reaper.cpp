#include "src/reaper.hpp"

#include "src/backoff.hpp"
#include "src/log.hpp"
#include "src/znode_path.hpp"

#include <utility>
#include <vector>

namespace paddock::detail {
namespace {

// At a half, one and a half and three and a half time-outs: a leader waits for a follower that
// stands still for syncLimit, which is usually five ticks, and a time-out is two at least.
constexpr unsigned vain_looks_max = 3;

std::string path_of(const doomed_contender& node)
{
    return child_path(node.parent, node.name);
}

} // namespace

void reaper::take(doomed_contender node)
{
    if (node.epoch != core_.epoch()) { // died with its session
        if (node.gone)
            node.gone(errc::session_lost);
        return;
    }
    const auto which = ++last_;
    if (!node.name.empty())
        core_.doom(path_of(node));
    victims_.emplace(which, victim{std::move(node)});
    ++core_.counters.reaping;
    work_on(which);
}

void reaper::end_epoch()
{
    core_.counters.reaping = 0;
    for (auto& [which, doomed] : std::exchange(victims_, {})) {
        if (doomed.node.gone)
            doomed.node.gone(errc::session_lost);
    }
}

void reaper::work_on(id which)
{
    const auto found = victims_.find(which);
    if (found == victims_.end())
        return; // its session ended meanwhile
    if (found->second.node.name.empty())
        search(which);
    else
        remove(which);
}

void reaper::remove(id which)
{
    const auto& node = victims_.at(which).node;
    const auto ended = [this, which](reply_code code) { after_remove(which, code); };
    if (!victims_.at(which).refused) {
        core_.remove_contender(node, ended);
        return;
    }
    // It would take others' transactions with it, each time.
    core_.remove(node.epoch, path_of(node), [ended](const reply& answer) { ended(answer.code); });
}

void reaper::after_remove(id which, reply_code code)
{
    const auto found = victims_.find(which);
    if (found == victims_.end())
        return;
    if (code != reply_code::ok && code != reply_code::no_node) {
        again(which, code);
        return;
    }
    core_.confirm_gone(path_of(found->second.node));
    if (found->second.node.prefix.empty()) {
        finish(which, {});
        return;
    }
    found->second.node.name.clear(); // there may be another of the same attempt: look again
    search(which);
}

void reaper::search(id which)
{
    const auto& node = victims_.at(which).node;
    core_.children_for_certain(
        node.epoch,
        node.parent,
        [this, which](const reply& answer, const auto& names, const node_stat&) {
            after_search(which, answer.code, names);
        });
}

void reaper::after_search(id which, reply_code code, const std::vector<std::string>& names)
{
    const auto found = victims_.find(which);
    if (found == victims_.end())
        return;
    if (code == reply_code::no_node) {
        not_there(which);
        return;
    }
    if (code != reply_code::ok) {
        again(which, code);
        return;
    }
    for (const auto& name : names) {
        if (name.starts_with(found->second.node.prefix)) {
            found->second.node.name = name;
            core_.doom(path_of(found->second.node));
            found->second.found = true;
            remove(which);
            return;
        }
    }
    not_there(which);
}

// It may still come. A server that stood still hands on what lies in its sockets when it goes on,
// and an attempt to connect that lies there too, and may overtake it, makes that server the one
// through which the session writes. So it is told as gone, and looked for a few times more.
void reaper::not_there(id which)
{
    auto& doomed = victims_.at(which);
    if (doomed.found || doomed.vain_looks == vain_looks_max) {
        finish(which, {});
        return;
    }
    if (doomed.vain_looks == 0)
        --core_.counters.reaping; // what follows is for what may come late
    const auto when = core_.io().now() + core_.timeout() / 2 * (1 << doomed.vain_looks++);
    core_.io().call_at(when, [weak = core_.weak_from_this(), this, which] {
        const auto self = weak.lock();
        if (self && victims_.contains(which))
            self->when_connected([self, this, which] { work_on(which); });
    });
    if (const auto gone = std::exchange(doomed.node.gone, nullptr))
        gone({});
}

// Until the session ends there is no giving up: a forgotten contender blocks all behind it. Where
// an ACL forbids it the pause grows to a second, and the log says so once.
void reaper::again(id which, reply_code code)
{
    auto& doomed = victims_.at(which);
    const auto& node = doomed.node;
    doomed.refused = code != reply_code::throttled && code != reply_code::in_doubt;
    if (code == reply_code::no_auth && doomed.tries == 0)
        log_error("not allowed to delete " + path_of(node) +
                  ": the lock stays taken until the session ends");
    const auto when = core_.io().now() + backoff_delay(doomed.tries++, core_.io().random());
    core_.io().call_at(when, [self = core_.shared_from_this(), this, which] {
        if (victims_.contains(which))
            core_.when_connected([self, this, which] { work_on(which); });
    });
}

void reaper::finish(id which, error_code outcome)
{
    const auto done = victims_.extract(which);
    if (done.mapped().vain_looks == 0)
        --core_.counters.reaping;
    ++core_.counters.reaped;
    if (const auto& gone = done.mapped().node.gone)
        gone(outcome);
}

} // namespace paddock::detail
