#include "recipes/handoff.hpp"

#include "src/session_core.hpp"

#include <algorithm>
#include <utility>

namespace paddock::detail {

handoff::standing
handoff::join(const std::string& key, const std::shared_ptr<heir>& who, bool may_wait)
{
    auto& at = lines_[key];
    if (at.leader == nullptr && !at.served) {
        at.leader = who.get();
        return standing::leads;
    }
    if (const auto served = at.served; served && !served->expect_heir()) { // it is kept
        if (auto granted = served->take_again()) {
            who->inherit(std::move(granted));
            return standing::inherited;
        }
        if (!served->expect_heir()) { // and not believed: it goes, and the line begins anew
            served->core()->give_way(served);
            return join(key, who, may_wait);
        }
    }
    // Only now, when an heir is expected: until then the threads of the caller may take a kept key.
    if (!may_wait && is_taken(at)) {
        if (at.served && at.waiting.empty())
            at.served->expect_none();
        return standing::taken;
    }
    if (at.waiting.size() >= bounds_.length)
        return standing::no_room;
    at.waiting.push_back(who);
    return standing::in_line;
}

bool handoff::is_taken(const line& at)
{
    return at.leader != nullptr || !at.waiting.empty() || (at.served && at.served->is_in_use());
}

void handoff::begin(const std::string& key, const std::shared_ptr<tenure>& granted)
{
    auto& at = lines_[key];
    at.leader = nullptr;
    at.served = granted;
    granted->when_passed = [weak = weak_from_this(), key](const std::shared_ptr<tenure>& served,
                                                          const tenure::confirm& gone) {
        if (const auto self = weak.lock())
            self->pass(key, served, gone);
        else // the lock object is gone, and all who waited
            served->core()->settle(served, false, gone);
    };
    granted->when_over.push_back([weak = weak_from_this(), key, raw = granted.get()] {
        const auto self = weak.lock();
        if (!self)
            return;
        const auto found = self->lines_.find(key);
        if (found != self->lines_.end() && found->second.served.get() == raw)
            self->next_leads(key);
    });
    granted->serve_line(bounds_.passes, !at.waiting.empty());
}

// The hold has been released, and the contender is nobody's until this has found whose it is.
void handoff::pass(const std::string& key,
                   const std::shared_ptr<tenure>& served,
                   const tenure::confirm& gone)
{
    auto& core = *served->core();
    const auto found = lines_.find(key);
    if (found == lines_.end() || found->second.served != served || found->second.waiting.empty()) {
        core.settle(served, true, gone);
        return;
    }
    auto& waiting = found->second.waiting;
    auto granted = served->pass_on(waiting.size() > 1);
    if (!granted) { // not believed for long enough: the ensemble has to be asked
        core.settle(served, false, gone);
        return;
    }
    const auto next = std::move(waiting.front());
    waiting.pop_front();
    next->inherit(std::move(granted));
    if (gone)
        gone({});
}

void handoff::next_leads(const std::string& key)
{
    auto& at = lines_[key];
    at.served.reset();
    at.leader = nullptr;
    if (at.waiting.empty()) {
        lines_.erase(key);
        return;
    }
    const auto next = std::move(at.waiting.front());
    at.waiting.pop_front();
    at.leader = next.get();
    next->lead();
}

void handoff::leave(const std::string& key, const heir* who)
{
    const auto found = lines_.find(key);
    if (found == lines_.end())
        return;
    auto& at = found->second;
    if (at.leader == who) {
        next_leads(key);
        return;
    }
    const auto place = std::find_if(
        at.waiting.begin(), at.waiting.end(), [&](const auto& each) { return each.get() == who; });
    if (place == at.waiting.end())
        return;
    at.waiting.erase(place);
    if (at.waiting.empty() && at.served)
        at.served->expect_none();
}

} // namespace paddock::detail
