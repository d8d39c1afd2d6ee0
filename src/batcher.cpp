#include "src/batcher.hpp"

#include "src/session_core.hpp"
#include "src/znode_path.hpp"

#include <iterator>
#include <memory>
#include <utility>

namespace paddock::detail {
namespace {

// One is carried out, one has been, the next are on their way: the servers never wait for us.
constexpr unsigned under_way_max = 4;

// Nothing of the transaction was carried out, or maybe all of it.
bool concerns_all(reply_code code)
{
    return code == reply_code::in_doubt || code == reply_code::session_over ||
           code == reply_code::throttled;
}

void answer(const batch_entry& one, reply_code code)
{
    if (one.creates())
        one.created({.code = code});
    else
        one.removed(code);
}

std::string root_of(const batch_entry& one)
{
    return std::string(parent_of(one.parent));
}

} // namespace

// ---- whose turn it is ---------------------------------------------------------------------------

void batcher::submit(batch_entry next)
{
    if (next.epoch != core_.epoch()) {
        send_singly(std::move(next)); // to be told so
        return;
    }
    const auto [turn, is_first] = turns_.try_emplace(next.parent);
    const bool crowded = next.creates() && std::exchange(turn->second.has_creation, true);
    if (crowded)
        quiet_.remove(next.parent); // with a contender ahead it needs a listing
    if (!is_first) {
        turn->second.behind.push_back(std::move(next));
        ++behind_;
    } else if (goes_plain(next)) {
        turns_.erase(turn);
        send_singly(std::move(next));
    } else {
        waiting_.push_back(std::move(next));
        flush_soon();
    }
    core_.count_queued();
}

bool batcher::goes_plain(const batch_entry& one) const
{
    const bool fits = one.may_touch && quiet_.contains(one.parent) &&
                      (unwritable_.empty() || !unwritable_.contains(root_of(one)));
    return one.creates() && !fits;
}

// What was first of its key is done, or has left by itself, never to be sent again.
void batcher::end_turn(const std::string& parent)
{
    for (;;) {
        const auto turn = turns_.find(parent);
        if (turn == turns_.end())
            return;
        auto& behind = turn->second.behind;
        if (behind.empty()) {
            turns_.erase(turn);
            return;
        }
        auto next = std::move(behind.front());
        behind.pop_front();
        --behind_;
        if (!goes_plain(next)) {
            waiting_.push_back(std::move(next));
            flush_soon();
            return;
        }
        send_singly(std::move(next));
    }
}

// What is under way keeps its turn until it is answered.
void batcher::reject_all(reply_code why)
{
    std::vector<batch_entry> unsent(std::make_move_iterator(waiting_.begin()),
                                    std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    const auto first_of_their_keys = unsent.size();
    for (auto& [parent, turn] : turns_) {
        std::move(turn.behind.begin(), turn.behind.end(), std::back_inserter(unsent));
        turn.behind.clear();
    }
    behind_ = 0;
    for (std::size_t each = 0; each < first_of_their_keys; ++each)
        turns_.erase(unsent[each].parent);
    core_.count_queued();
    for (const auto& each : unsent)
        answer(each, why);
}

// ---- what leaves -------------------------------------------------------------------------------

// Behind what has come to the I/O thread already: who asks together leaves together.
void batcher::flush_soon()
{
    if (under_way_ >= under_way_max || std::exchange(flush_posted_, true))
        return;
    core_.io().post([self = core_.shared_from_this(), this] {
        flush_posted_ = false;
        flush();
    });
}

void batcher::flush()
{
    while (under_way_ < under_way_max && !waiting_.empty()) {
        ++under_way_;
        send(take_batch(waiting_, core_.contender_data().size() + 2 * core_.chroot().size()));
    }
    core_.count_queued();
}

void batcher::slot_free()
{
    --under_way_;
    flush();
}

void batcher::send(std::vector<batch_entry> batch)
{
    if (batch.size() == 1) {
        const auto parent = batch.front().parent;
        send_singly(std::move(batch.front()), [this] { slot_free(); });
        end_turn(parent);
        return;
    }
    auto ops = operations_of(batch, core_.contender_data());
    const auto epoch = batch.front().epoch;
    core_.commit(epoch,
                 std::move(ops),
                 [self = core_.shared_from_this(), this, batch = std::move(batch)](
                     const reply& answer, multi_outcome outcome) mutable {
                     if (answer.code == reply_code::ok)
                         committed(batch, std::move(outcome.results));
                     else if (concerns_all(answer.code))
                         answer_all(batch, answer.code);
                     else if (outcome.failed)
                         failed(std::move(batch), answer.code, *outcome.failed);
                     else
                         unclear(std::move(batch));
                     slot_free();
                 });
}

// Its key's turn is over with its leaving. It waits for nobody, so it needs none of the slots, but
// for one that would have shared a transaction with others, had there been any.
void batcher::send_singly(batch_entry one, ended then)
{
    if (one.creates()) {
        create_singly(std::move(one), std::move(then));
        return;
    }
    const auto epoch = one.epoch;
    const auto path = one.path;
    core_.remove(epoch,
                 path,
                 [self = core_.shared_from_this(), one = std::move(one), then = std::move(then)](
                     const reply& end) {
                     one.removed(end.code);
                     then();
                 });
}

// Both requests leave together: one round trip. The listing is answered after the create, by a
// server that has applied it.
void batcher::create_singly(batch_entry one, ended then)
{
    struct pair {
        batch_entry one;
        ended then;
        enqueued found;
        node_stat parent;
        int answers_due{2};
    };
    auto both = std::make_shared<pair>(pair{std::move(one), std::move(then), {}, {}, 2});
    const auto answered = [self = core_.shared_from_this(), this, both] {
        if (--both->answers_due != 0)
            return;
        learn(both->one.parent, both->found, both->parent);
        both->one.created(std::move(both->found));
        both->then();
    };
    core_.create(
        both->one.epoch,
        {.path = both->one.path,
         .data = core_.contender_data(),
         .mode = create_mode::ephemeral_sequential},
        [both, answered](const reply& end, const std::string& path, const node_stat& stat) {
            both->found.code = end.code;
            both->found.name = std::string(name_in(path));
            both->found.czxid = stat.czxid;
            answered();
        });
    core_.children(both->one.epoch,
                   both->one.parent,
                   [both, answered](
                       const reply& end, std::vector<std::string> names, const node_stat& parent) {
                       both->found.list_code = end.code;
                       both->found.names = std::move(names);
                       both->parent = parent;
                       answered();
                   });
}

// A parent with data in it is somebody's: it is not written.
void batcher::learn(const std::string& key, const enqueued& found, const node_stat& parent)
{
    const bool listed = found.code == reply_code::ok && found.list_code == reply_code::ok;
    const bool quiet = listed && found.names.size() == 1 && parent.data_bytes == 0;
    if (quiet)
        quiet_.add(key);
    else
        quiet_.remove(key);
}

// ---- what comes back ---------------------------------------------------------------------------

// Without an answer, what is tried again takes the plain path: the transaction may be more than the
// servers, or something on the way, can carry.
void batcher::answer_all(const std::vector<batch_entry>& batch, reply_code code)
{
    for (const auto& each : batch) {
        if (code == reply_code::in_doubt)
            quiet_.remove(each.parent);
        answer(each, code);
        end_turn(each.parent);
    }
}

// The parent was written by this transaction and no later one when its stat was taken: its `mzxid`
// is our contender's `czxid`, and its children are those of that moment.
void batcher::committed(const std::vector<batch_entry>& batch, std::vector<multi_result> results)
{
    core_.counters.batched += batch.size();
    std::size_t operation = 0;
    for (const auto& each : batch) {
        if (!each.creates()) {
            ++operation;
            each.removed(reply_code::ok);
        } else {
            auto& made = results.at(operation++);
            const auto& parent = results.at(operation++).stat;
            const bool only_child = parent.children == 1;
            if (!only_child)
                quiet_.remove(each.parent);
            each.created(
                {.name = std::move(made.name), .czxid = parent.mzxid, .only_child = only_child});
        }
        end_turn(each.parent);
    }
}

void batcher::failed(std::vector<batch_entry> batch, reply_code code, std::size_t operation)
{
    auto split = after_failure(std::move(batch), operation);
    waiting_.insert(waiting_.begin(),
                    std::make_move_iterator(split.together.begin()),
                    std::make_move_iterator(split.together.end()));
    if (split.untouchable) {
        unwritable_.insert(root_of(*split.untouchable));
        split.singly.push_back(*std::move(split.untouchable));
    }
    for (auto& each : split.singly) {
        const auto parent = each.parent;
        send_singly(std::move(each));
        end_turn(parent);
    }
    if (split.guilty) {
        quiet_.remove(split.guilty->parent);
        answer_all({*std::move(split.guilty)}, code);
    }
}

// An error that is no operation's may stand in front of a transaction that was carried out. A
// delete does no harm twice; who created has to look, and takes the plain path from here.
void batcher::unclear(std::vector<batch_entry> batch)
{
    for (auto& each : batch) {
        const auto parent = each.parent;
        quiet_.remove(parent);
        if (each.creates())
            answer(each, reply_code::in_doubt);
        else
            send_singly(std::move(each));
        end_turn(parent);
    }
}

} // namespace paddock::detail
