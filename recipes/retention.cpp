#include "recipes/retention.hpp"

#include "recipes/contender.hpp"
#include "src/session_core.hpp"

#include <string>
#include <utility>

namespace paddock::detail {
namespace {

// What the listing that came with the watch of its queue says of a contender.
void judge(const std::shared_ptr<tenure>& of, const reply& answer, std::vector<std::string> names)
{
    const auto& core = of->core();
    if (answer.code != reply_code::ok) {
        core->give_way(of); // nobody would tell us who comes
        return;
    }
    const auto [present, in_front, behind, predecessor] = place_of(names, of->who().name());
    if (!present) {
        core->unwatch(of->queue_watch); // no end of ours will make it fire
        core->found_missing(of);
    } else if (in_front + behind != 0) {
        core->give_way(of);
    }
}

// Whoever comes to the queue behind us is to get the key.
void watch_queue(const std::shared_ptr<tenure>& of)
{
    const std::weak_ptr<tenure> weak = of;
    const auto& core = of->core();
    const auto& who = of->who();
    of->queue_watch = core->watch_children(
        who.epoch,
        who.parent(),
        [weak] {
            if (const auto wanted = weak.lock())
                wanted->core()->give_way(wanted);
        },
        [of](const reply& answer, std::vector<std::string> names, const node_stat&) {
            judge(of, answer, std::move(names));
        });
    if (of->queue_watch == 0)
        core->give_way(of);
}

} // namespace

retention::~retention()
{
    for (const auto& each : tenures_)
        each->core()->io().post([each] { each->core()->give_way(each); });
}

std::shared_ptr<tenure> retention::find(std::string_view key) const
{
    const std::lock_guard lock(guard_);
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : *found->second;
}

std::shared_ptr<grant> retention::take(std::string_view key)
{
    std::shared_ptr<tenure> found;
    {
        const std::lock_guard lock(guard_);
        const auto entry = by_key_.find(key);
        if (entry == by_key_.end())
            return nullptr;
        tenures_.splice(tenures_.end(), tenures_, entry->second);
        found = *entry->second;
    }
    return found->take_again();
}

bool retention::is_held(std::string_view key) const
{
    const auto found = find(key);
    return found && found->is_held();
}

void retention::add(const std::shared_ptr<tenure>& begun)
{
    begun->when_over.push_back([weak = weak_from_this(), raw = begun.get()] {
        if (const auto self = weak.lock())
            self->forget(*raw);
    });
    for (const auto& pushed_out : insert(begun))
        pushed_out->core()->give_way(pushed_out);
    watch_queue(begun);
}

// Gives what it has no room for.
std::vector<std::shared_ptr<tenure>> retention::insert(const std::shared_ptr<tenure>& begun)
{
    std::vector<std::shared_ptr<tenure>> pushed_out;
    const std::lock_guard lock(guard_);
    const auto push_out = [&](by_use::iterator which) {
        pushed_out.push_back(*which);
        by_key_.erase((*which)->who().key);
        tenures_.erase(which);
    };
    if (const auto before = by_key_.find(begun->who().key); before != by_key_.end())
        push_out(before->second);
    if (tenures_.size() >= keys_max_)
        push_out(tenures_.begin());
    by_key_.emplace(begun->who().key, tenures_.insert(tenures_.end(), begun));
    return pushed_out;
}

void retention::forget(const tenure& ended)
{
    std::shared_ptr<tenure> last; // to go outside the mutex
    const std::lock_guard lock(guard_);
    const auto found = by_key_.find(ended.who().key);
    if (found == by_key_.end() || found->second->get() != &ended)
        return;
    last = std::move(*found->second);
    tenures_.erase(found->second);
    by_key_.erase(found);
}

void retention::give_way(std::string_view key)
{
    if (const auto wanted = find(key))
        wanted->core()->give_way(wanted);
}

} // namespace paddock::detail
