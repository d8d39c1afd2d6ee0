#include "src/reaper.hpp"

#include "src/backoff.hpp"
#include "src/log.hpp"

#include <utility>
#include <vector>

namespace paddock::detail {

void reaper::take(doomed_contender node)
{
    if (node.epoch != core_.epoch()) { // died with its session
        if (node.gone)
            node.gone(errc::session_lost);
        return;
    }
    const auto which = ++last_;
    victims_.emplace(which, victim{std::move(node)});
    work_on(which);
}

void reaper::end_epoch()
{
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
    core_.remove(node.epoch, node.parent + "/" + node.name, [this, which](const reply& answer) {
        after_remove(which, answer.code);
    });
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
        node.epoch, node.parent, [this, which](const reply& answer, const auto& names) {
            after_search(which, answer.code, names);
        });
}

void reaper::after_search(id which, reply_code code, const std::vector<std::string>& names)
{
    const auto found = victims_.find(which);
    if (found == victims_.end())
        return;
    if (code == reply_code::no_node) {
        finish(which, {});
        return;
    }
    if (code != reply_code::ok) {
        again(which, code);
        return;
    }
    for (const auto& name : names) {
        if (name.starts_with(found->second.node.prefix)) {
            found->second.node.name = name;
            remove(which);
            return;
        }
    }
    finish(which, {});
}

// Until the session ends there is no giving up: a forgotten contender blocks all behind it. Where
// an ACL forbids it the pause grows to a second, and the log says so once.
void reaper::again(id which, reply_code code)
{
    auto& [node, tries] = victims_.at(which);
    if (code == reply_code::no_auth && tries == 0)
        log_error("not allowed to delete " + node.parent + "/" + node.name +
                  ": the lock stays taken until the session ends");
    const auto when = core_.io().now() + backoff_delay(tries++, core_.io().random());
    core_.io().call_at(when, [self = core_.shared_from_this(), this, which] {
        if (victims_.contains(which))
            core_.when_connected([self, this, which] { work_on(which); });
    });
}

void reaper::finish(id which, error_code outcome)
{
    const auto done = victims_.extract(which);
    ++core_.counters.reaped;
    if (const auto& gone = done.mapped().node.gone)
        gone(outcome);
}

} // namespace paddock::detail
