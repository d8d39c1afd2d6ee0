// How a session's requests go out and their answers come back: stamped with an epoch, in turn,
// counted, and as evidence for the belief in the session.

#include "src/batcher.hpp"
#include "src/session_core.hpp"
#include "src/znode_path.hpp"

#include <memory>
#include <utility>

namespace paddock::detail {
namespace {

// A refusal may be the client's own, which proves nothing about the server.
bool is_answer(reply_code code)
{
    return code != reply_code::in_doubt && code != reply_code::session_over &&
           code != reply_code::refused;
}

} // namespace

void session_core::submit(std::uint64_t epoch, request_kind kind, request_queue::request request)
{
    if (epoch != epoch_ || !connected_) {
        const auto why = epoch != epoch_ ? reply_code::session_over : reply_code::throttled;
        io_->post(
            [self = shared_from_this(), reject = std::move(request.reject), why] { reject(why); });
        return;
    }
    auto send = [this, kind, send = std::move(request.send)] { // runs only while the queue lives
        note_sent(kind);
        send();
    };
    queue_.submit({std::move(send), std::move(request.reject)});
    count_queued();
}

void session_core::count_queued()
{
    counters.queued = queue_.size() + batcher_->size();
}

void session_core::note_sent(request_kind kind)
{
    last_sent_ = io_->now();
    ++counters.requests;
    if (kind == request_kind::write || kind == request_kind::evidence)
        ++counters.writes;
    if (kind == request_kind::evidence)
        ++counters.evidence;
    if (kind == request_kind::heartbeat)
        ++counters.heartbeats;
}

reply_code session_core::note_answered(std::uint64_t epoch, request_kind kind, const reply& answer)
{
    queue_.answered();
    count_queued();
    if (answer.code == reply_code::in_doubt)
        ++counters.in_doubt;
    if (epoch != epoch_)
        return reply_code::session_over;
    if (!is_answer(answer.code))
        return answer.code;
    const bool is_write = kind == request_kind::write || kind == request_kind::evidence;
    if (is_write) // also one that failed: the ensemble agrees on that, too
        last_commit_took_ = answer.received - answer.sent;
    if (is_write && answer.code == reply_code::ok)
        take_evidence(answer);
    else if (kind != request_kind::unwatch)
        belief_.answered(answer.sent, answer.received);
    return answer.code;
}

// Beside holds, silence has to be noticed while belief lasts: another server is asked in time. Else
// a third of the time-out: long enough for an election's queue, and another server still fits. A
// slow ensemble gets that too, once it cost us our belief or where its last commit showed it (the
// next may wait for one disk's turn and take its own, twice as long): else each connection would be
// given up before its answers come, for ever, and grant nothing. Test: "an ensemble that commits
// slower than an eighth of the time-out is not given up for ever", simulation.
nanoseconds session_core::patience_of(request_kind kind) const
{
    const bool keeps_belief = kind == request_kind::evidence || kind == request_kind::heartbeat;
    const bool saves_belief =
        keeps_belief && contenders_.size() != 0 && belief_.deadline() > io_->now();
    return timeout_ / (saves_belief && !commits_slowly() ? 8 : 3);
}

template <class... Results, class Send>
void session_core::request(std::uint64_t epoch,
                           request_kind kind,
                           std::function<void(const reply&, Results...)> handler,
                           Send send)
{
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto answered = [self = shared_from_this(), epoch, kind, shared](const reply& answer,
                                                                     Results... results) {
        auto seen = answer;
        seen.code = self->note_answered(epoch, kind, answer);
        (*shared)(seen, std::forward<Results>(results)...);
    };
    submit(epoch,
           kind,
           {[this, kind, send = std::move(send), answered]() mutable {
                send(*client_, patience_of(kind), std::move(answered));
            },
            [shared](reply_code why) {
                (*shared)({.code = why, .sent = {}, .received = {}}, std::decay_t<Results>{}...);
            }});
}

// --- what recipes ask for -------------------------------------------------------------------

void session_core::create(std::uint64_t epoch, create_request wanted, zk_client::created handler)
{
    wanted.path = full(wanted.path);
    auto below_chroot = [handler = std::move(handler), cut = chroot_.size()](
                            const reply& answer, std::string path, const node_stat& stat) {
        handler(answer, path.empty() ? path : path.substr(cut), stat);
    };
    request(epoch,
            request_kind::write,
            zk_client::created(std::move(below_chroot)),
            [wanted = std::move(wanted)](zk_client& client, nanoseconds patience, auto answered) {
                client.create(wanted, patience, std::move(answered));
            });
}

void session_core::children(std::uint64_t epoch, const std::string& path, zk_client::listed handler)
{
    request(epoch,
            request_kind::read,
            std::move(handler),
            [at = full(path)](zk_client& client, nanoseconds patience, auto answered) {
                client.children(at, patience, std::move(answered));
            });
}

void session_core::stat(std::uint64_t epoch, const std::string& path, zk_client::got handler)
{
    request(epoch,
            request_kind::read,
            std::move(handler),
            [at = full(path)](zk_client& client, nanoseconds patience, auto answered) {
                client.stat(at, patience, std::move(answered));
            });
}

void session_core::remove(std::uint64_t epoch, const std::string& path, zk_client::done handler)
{
    request(epoch,
            request_kind::write,
            std::move(handler),
            [at = full(path)](zk_client& client, nanoseconds patience, auto answered) {
                client.remove(at, patience, std::move(answered));
            });
}

// A connection makes its server the only one through which the session may write, so a commit over
// it puts an end to whatever an older connection had asked for. A sync would not: a leader that was
// replaced and has not noticed answers it, and lists without what the new leader will yet commit.
void session_core::children_for_certain(std::uint64_t epoch,
                                        const std::string& path,
                                        zk_client::listed handler)
{
    auto committed = std::make_shared<reply_code>(reply_code::in_doubt);
    check(
        epoch,
        {path},
        [committed](const reply& answer, const multi_outcome&) { *committed = answer.code; },
        request_kind::write);
    // Pipelined: it is answered behind the commit, by a server that has it.
    children(epoch,
             path,
             [committed, handler = std::move(handler)](
                 const reply& answer, std::vector<std::string> names, const node_stat& parent) {
                 auto seen = answer;
                 if (*committed != reply_code::ok && *committed != reply_code::no_node)
                     seen.code = *committed;
                 handler(seen, std::move(names), parent);
             });
}

watch_table::id session_core::watch(std::uint64_t epoch,
                                    const std::string& path,
                                    watch_table::fired fired,
                                    zk_client::got handler)
{
    if (const auto own = watch_own(epoch, path, fired, handler); own != 0)
        return own;
    const auto at = full(path); // what the C client sends again at a reconnect is what counts
    if (!watches_.fits(at))
        return 0;
    const auto watch = watches_.add(at, std::move(fired));
    counters.watches = watches_.size();
    // A znode that is gone has no watch any more. Without an answer, or refused, there is no new
    // one, but maybe an older one on the same path.
    auto forget_unset = [self = shared_from_this(), watch, handler = std::move(handler)](
                            const reply& answer, const node_stat& found) {
        if (answer.code == reply_code::no_node)
            self->watches_.retired(self->watches_.remove(watch));
        else if (answer.code != reply_code::ok)
            self->unwatch(watch);
        self->counters.watches = self->watches_.size();
        handler(answer, found);
    };
    request(epoch,
            request_kind::read,
            zk_client::got(std::move(forget_unset)),
            [at](zk_client& client, nanoseconds patience, auto answered) {
                client.watch(at, patience, std::move(answered));
            });
    return watch;
}

watch_table::id session_core::watch_children(std::uint64_t epoch,
                                             const std::string& path,
                                             watch_table::fired fired,
                                             zk_client::listed handler)
{
    const auto at = full(path);
    if (!watches_.fits(at, watch_table::bytes_max / 2))
        return 0;
    const auto watch = watches_.add(at, std::move(fired));
    counters.watches = watches_.size();
    auto forget_unset =
        [self = shared_from_this(), watch, handler = std::move(handler)](
            const reply& answer, std::vector<std::string> names, const node_stat& parent) {
            if (answer.code != reply_code::ok) // without an answer there is no watch, either
                self->watches_.retired(self->watches_.remove(watch));
            self->counters.watches = self->watches_.size();
            handler(answer, std::move(names), parent);
        };
    request(epoch,
            request_kind::read,
            zk_client::listed(std::move(forget_unset)),
            [at](zk_client& client, nanoseconds patience, auto answered) {
                client.watch_children(at, patience, std::move(answered));
            });
    return watch;
}

void session_core::unwatch(watch_table::id watch)
{
    if (contenders_.unwatch(watch)) {
        counters.local_waits = contenders_.waiting();
        return;
    }
    const auto path = watches_.remove(watch);
    counters.watches = watches_.size();
    if (!path.empty())
        retire_watch(path);
}

// Until the server confirms it the C client goes on sending the watch at reconnects, so it is
// counted until then.
void session_core::retire_watch(const std::string& path)
{
    if (!watches_.is_retiring(path))
        return; // it fired, or somebody watches the path again
    auto confirm = [self = shared_from_this(), epoch = epoch_, path](const reply& answer) {
        if (epoch != self->epoch_)
            return;
        const bool undone =
            answer.code == reply_code::in_doubt || answer.code == reply_code::throttled;
        if (undone)
            self->when_connected([self, path] { self->retire_watch(path); });
        else
            self->watches_.retired(path);
    };
    request(epoch_,
            request_kind::unwatch,
            zk_client::done(std::move(confirm)),
            [path](zk_client& client, nanoseconds patience, auto answered) {
                client.unwatch(path, patience, std::move(answered));
            });
}

// --- making paths ---------------------------------------------------------------------------

void session_core::make_path(std::uint64_t epoch,
                             const std::string& path,
                             create_mode leaf,
                             zk_client::done handler)
{
    make_full_path(epoch, full(path), leaf, std::move(handler));
}

// The leaf first: where only the leaf may be made, its parents' ACLs are never asked.
void session_core::make_full_path(std::uint64_t epoch,
                                  const std::string& path,
                                  create_mode mode,
                                  zk_client::done handler)
{
    auto after = [self = shared_from_this(), epoch, path, mode, handler = std::move(handler)](
                     const reply& answer, const std::string&, const node_stat&) {
        const auto slash = path.rfind('/');
        if (answer.code != reply_code::no_node || slash == 0 || slash == std::string::npos) {
            handler(answer);
            return;
        }
        auto retry = [self, epoch, path, mode, handler](const reply& made) {
            if (made.code == reply_code::ok || made.code == reply_code::node_exists)
                self->make_full_path(epoch, path, mode, handler);
            else
                handler(made);
        };
        self->make_full_path(epoch, path.substr(0, slash), create_mode::persistent, retry);
    };
    request(epoch,
            request_kind::write,
            zk_client::created(std::move(after)),
            [path, mode](zk_client& client, nanoseconds patience, auto answered) {
                client.create(
                    {.path = path, .data = {}, .mode = mode}, patience, std::move(answered));
            });
}

// --- what belief asks for -------------------------------------------------------------------

void session_core::check(std::uint64_t epoch,
                         std::vector<std::string> paths,
                         zk_client::committed handler,
                         request_kind kind)
{
    std::vector<multi_op> ops;
    ops.reserve(paths.size());
    for (auto& path : paths)
        ops.emplace_back(check_op{std::move(path)});
    send_multi(epoch, std::move(ops), std::move(handler), kind);
}

void session_core::send_multi(std::uint64_t epoch,
                              std::vector<multi_op> ops,
                              zk_client::committed handler,
                              request_kind kind)
{
    for (auto& each : ops)
        std::visit([this](auto& op) { op.path.insert(0, chroot_); }, each);
    request(epoch,
            kind,
            std::move(handler),
            [ops = std::move(ops)](zk_client& client, nanoseconds patience, auto answered) mutable {
                client.multi(std::move(ops), patience, std::move(answered));
            });
}

void session_core::commit(std::uint64_t epoch,
                          std::vector<multi_op> ops,
                          zk_client::committed handler)
{
    send_multi(epoch, std::move(ops), std::move(handler), request_kind::write);
}

void session_core::enqueue(new_contender wanted, std::function<void(enqueued)> handler)
{
    auto path = child_path(wanted.parent, wanted.prefix);
    batcher_->submit({.epoch = wanted.epoch,
                      .parent = std::move(wanted.parent),
                      .path = std::move(path),
                      .created = std::move(handler),
                      .may_touch = wanted.parent_may_be_written});
}

void session_core::remove_contender(const doomed_contender& node,
                                    std::function<void(reply_code)> handler)
{
    batcher_->submit({.epoch = node.epoch,
                      .parent = node.parent,
                      .path = child_path(node.parent, node.name),
                      .removed = std::move(handler)});
}

void session_core::send_heartbeat()
{
    request(epoch_,
            request_kind::heartbeat,
            zk_client::got([](const reply&, const node_stat&) {}), // being answered is all
            [](zk_client& client, nanoseconds patience, auto answered) {
                client.stat("/", patience, std::move(answered));
            });
}

} // namespace paddock::detail
