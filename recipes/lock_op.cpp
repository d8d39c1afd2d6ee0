#include "recipes/lock_op.hpp"

#include "recipes/contender.hpp"
#include "recipes/key.hpp"

#include <boost/asio/error.hpp>

#include <type_traits>
#include <utility>

namespace paddock::detail {
namespace {

void deliver(lock_op::caller caller, error_code ec, std::optional<hold> granted)
{
    std::visit(
        [&](auto& handler) {
            if constexpr (std::is_same_v<std::decay_t<decltype(handler)>, lock_op::must_lock>)
                std::move(handler)(ec, granted ? *std::move(granted) : hold());
            else
                std::move(handler)(ec, std::move(granted));
        },
        caller);
}

} // namespace

std::shared_ptr<lock_space> make_lock_space(std::shared_ptr<session_core> core,
                                            std::string root,
                                            const lock_config& config,
                                            bool raw_names)
{
    std::shared_ptr<retention> retained;
    if (config.retain_for.count() != 0)
        retained = std::make_shared<retention>(config.retained_max);
    std::shared_ptr<handoff> lines;
    if (config.handoffs_max != 0)
        lines = std::make_shared<handoff>(handoff::limits{config.handoffs_max, config.waiters_max});
    return std::make_shared<lock_space>(lock_space{std::move(core),
                                                   std::move(root),
                                                   config,
                                                   raw_names,
                                                   std::move(retained),
                                                   std::move(lines)});
}

lock_op::lock_op(std::shared_ptr<lock_space> space, order wanted, caller handler)
    : space_(std::move(space)), core_(space_->core), wanted_(std::move(wanted)),
      parent_(space_->root + "/" + wanted_.node), started_(core_->io().now())
{
    handler_.emplace(std::move(handler));
}

void lock_op::start()
{
    auto give_up = [self = weak_from_this()](asio::cancellation_type type) {
        if (const auto live = self.lock())
            live->on_cancel(type);
    };
    std::visit(
        [&](auto& handler) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(handler)>, wake>)
                handler.on_cancel(core_->shared_io(), give_up);
        },
        *handler_);
    core_->io().post([self = shared_from_this()] { self->begin(); });
}

// --- the caller's side ----------------------------------------------------------------------

// Total cancellation promises that nothing remains when the caller is told; otherwise it is told at
// once and the reaper does the rest.
void lock_op::on_cancel(asio::cancellation_type type)
{
    const bool total = (type & asio::cancellation_type::total) != asio::cancellation_type::none;
    if (!total)
        answer_with(asio::error::operation_aborted);
    if (!stopping_)
        stop();
}

void lock_op::on_limit()
{
    if (stopping_)
        return; // totally cancelled: it is told when nothing remains
    answer_with({});
    stop();
}

void lock_op::answer_with(error_code ec, std::optional<hold> granted)
{
    if (!handler_)
        return;
    auto handler = std::move(*handler_);
    handler_.reset();
    core_->io().cancel(limit_timer_);
    deliver(std::move(handler), ec, std::move(granted));
}

void lock_op::stop()
{
    if (over_)
        return;
    stopping_ = true;
    if (busy_)
        leave_line(); // what is left of it serves nobody
    else
        leave();
}

// --- the ensemble's side --------------------------------------------------------------------

void lock_op::begin()
{
    if (over_ || stopping_)
        return; // cancelled before it began
    const bool has_limit = wanted_.limit && wanted_.limit->count() > 0;
    if (has_limit) {
        limit_timer_ = core_->io().call_at(started_ + *wanted_.limit,
                                           [self = shared_from_this()] { self->on_limit(); });
    }
    if (!core_->has_room()) {
        finish(errc::too_many_requests);
        return;
    }
    if (core_->is_ready()) {
        on_ready({});
        return;
    }
    ready_wait_ = core_->when_ready(started_, [self = shared_from_this()](error_code ec) {
        self->ready_wait_ = 0;
        self->on_ready(ec);
    });
}

void lock_op::on_ready(error_code ec)
{
    if (ec) {
        finish(ec);
        return;
    }
    epoch_ = core_->epoch();
    machine_.emplace(lock_machine::limits{may_wait(), space_->config.waiters_max},
                     core_->session_id());
    contender_ = core_->enlist(shared_from_this());
    stand_in_line();
}

// --- beside the others of this lock object --------------------------------------------------

void lock_op::stand_in_line()
{
    if (!space_->lines) {
        if (space_->retained) // to us, before our contender stands behind it in the queue
            space_->retained->give_way(wanted_.key);
        proceed(machine_->start());
        return;
    }
    const auto standing = space_->lines->join(wanted_.key, shared_from_this(), may_wait());
    in_line_ = standing == handoff::standing::leads || standing == handoff::standing::in_line;
    if (standing == handoff::standing::leads)
        proceed(machine_->start());
    else if (standing == handoff::standing::taken)
        finish({});
    else if (standing == handoff::standing::no_room)
        finish(errc::queue_full);
}

// Later, for a whole line may find one after the other that the session is over.
void lock_op::lead()
{
    core_->io().post([self = shared_from_this()] {
        if (!self->over_ && !self->stopping_)
            self->proceed(self->machine_->start());
    });
}

void lock_op::inherit(std::shared_ptr<grant> granted)
{
    over_ = true;
    in_line_ = false;
    core_->delist(contender_);
    answer_with({}, hold(std::move(granted)));
}

void lock_op::leave_line()
{
    if (std::exchange(in_line_, false))
        space_->lines->leave(wanted_.key, this);
}

// --- at the ensemble ------------------------------------------------------------------------

// Requests wait for a connection here, so that none is sent into a known void.
void lock_op::proceed(const lock_action& action)
{
    if (action.pause) {
        auto later = action;
        later.pause = false;
        busy_ = true;
        const auto when = core_->io().now() + backoff_delay(pauses_++, core_->io().random());
        core_->io().call_at(when, [self = shared_from_this(), action = std::move(later)] {
            self->busy_ = false;
            if (self->stopping_)
                self->leave();
            else if (!self->over_)
                self->proceed(action);
        });
        return;
    }
    const bool asks_nobody = action.what == lock_step::finish || action.what == lock_step::wait;
    if (asks_nobody || core_->is_ready()) {
        perform(action);
        return;
    }
    const auto wait =
        core_->when_ready(started_, [self = shared_from_this(), action](error_code ec) {
            self->ready_wait_ = 0;
            if (self->over_)
                return;
            if (ec)
                self->finish(ec);
            else
                self->perform(action);
        });
    if (wait != 0)
        ready_wait_ = wait;
}

void lock_op::perform(const lock_action& action)
{
    switch (action.what) {
    case lock_step::enqueue:
        return enqueue(action.ghost_risk);
    case lock_step::make_parents:
        return make_parents();
    case lock_step::search:
        return search();
    case lock_step::read_own:
        return read_own(action.target);
    case lock_step::list:
        return list();
    case lock_step::watch:
        return watch(action.target);
    case lock_step::wait:
        return;
    case lock_step::believe:
        return believe();
    case lock_step::grant:
        return grant_it();
    case lock_step::finish:
        return finish(action.error);
    }
}

void lock_op::resume(const lock_event& last)
{
    busy_ = false;
    if (over_)
        return;
    if (last.code != reply_code::throttled)
        pauses_ = 0;
    const auto next = machine_->resume(last);
    if (stopping_) {
        leave();
        return;
    }
    core_->set_contender_path(contender_, parent_, machine_->own_name());
    proceed(next);
}

void lock_op::enqueue(bool ghost_risk)
{
    if (ghost_risk)
        core_->reap({epoch_, parent_, machine_->prefix(), {}});
    core_->set_contender_path(contender_, parent_, {});
    auto& chance = core_->io();
    const auto high = chance.random(); // two statements: the order of a call's arguments is open
    const auto low = chance.random();
    machine_->attempt(attempt_prefix(make_uuid(high, low)));
    busy_ = true;
    core_->enqueue({.epoch = epoch_,
                    .parent = parent_,
                    .prefix = machine_->prefix(),
                    .parent_may_be_written = !space_->raw_names},
                   [self = shared_from_this()](enqueued got) {
                       self->resume({.code = got.code,
                                     .name = std::move(got.name),
                                     .czxid = got.czxid,
                                     .only_child = got.only_child,
                                     .list_code = got.list_code,
                                     .names = std::move(got.names)});
                   });
}

void lock_op::make_parents()
{
    busy_ = true;
    core_->make_path(
        epoch_, parent_, create_mode::container, [self = shared_from_this()](const reply& answer) {
            self->resume({.code = answer.code});
        });
}

// Was the create carried out?
void lock_op::search()
{
    drop_watch();
    busy_ = true;
    core_->children_for_certain(epoch_, parent_, take_list());
}

void lock_op::list()
{
    drop_watch();
    busy_ = true;
    core_->children(epoch_, parent_, take_list());
}

zk_client::listed lock_op::take_list()
{
    return [self = shared_from_this()](
               const reply& answer, std::vector<std::string> names, const node_stat&) {
        self->resume({.code = answer.code, .names = std::move(names)});
    };
}

void lock_op::read_own(const std::string& name)
{
    busy_ = true;
    core_->stat(epoch_,
                child(name),
                [self = shared_from_this()](const reply& answer, const node_stat& stat) {
                    self->resume(
                        {.code = answer.code, .czxid = stat.czxid, .owner = stat.ephemeral_owner});
                });
}

// A data watch, set by reading: one set by asking for existence would stay on a node that is gone,
// where it can never fire.
void lock_op::watch(const std::string& predecessor)
{
    busy_ = true;
    if (!is_known_form(predecessor))
        core_->note_unknown_name(child(predecessor));
    auto fired = [self = shared_from_this()] {
        self->watch_ = 0;
        if (self->busy_)
            self->woken_ = true; // before its own answer: an older watch of ours on the path fired
        else if (!self->over_)
            self->resume({});
    };
    woken_ = false;
    watch_ = core_->watch(epoch_,
                          child(predecessor),
                          std::move(fired),
                          [self = shared_from_this()](const reply& answer, const node_stat& seen) {
                              if (answer.code != reply_code::ok)
                                  self->watch_ = 0;
                              const bool woken = std::exchange(self->woken_, false);
                              self->resume({.code = woken ? reply_code::no_node : answer.code,
                                            .owner = seen.ephemeral_owner});
                          });
    if (watch_ == 0) {
        busy_ = false;
        finish(errc::too_many_watches);
    }
}

void lock_op::believe()
{
    busy_ = true;
    core_->believe(epoch_, contender_, [self = shared_from_this()](reply_code code) {
        self->resume({.code = code});
    });
}

void lock_op::grant_it()
{
    over_ = true;
    // Who is known to wait gets the key with the release.
    const bool retains = space_->retained && !machine_->has_followers();
    auto granted = core_->begin_tenure(
        {.key = wanted_.key,
         .path = child(machine_->own_name()),
         .parent_size = parent_.size(),
         .epoch = epoch_,
         .czxid = machine_->czxid()},
        {.max_hold = space_->config.max_hold,
         .retain_for = retains ? space_->config.retain_for : std::chrono::milliseconds(0)},
        contender_);
    if (retains)
        space_->retained->add(granted->of());
    if (std::exchange(in_line_, false))
        space_->lines->begin(wanted_.key, granted->of());
    answer_with({}, hold(std::move(granted)));
}

void lock_op::finish(error_code ec)
{
    answer_with(ec);
    stopping_ = true;
    leave();
}

void lock_op::leave()
{
    if (over_)
        return;
    over_ = true;
    core_->forget_ready(ready_wait_);
    core_->delist(contender_);
    const auto gone = [self = shared_from_this()](error_code) {
        self->answer_with(asio::error::operation_aborted);
    };
    if (!machine_ || machine_->prefix().empty())
        gone({});
    else if (machine_->own_name().empty())
        core_->reap({epoch_, parent_, machine_->prefix(), {}, gone});
    else
        core_->reap({epoch_, parent_, {}, machine_->own_name(), gone});
    drop_watch();
    leave_line();
}

void lock_op::drop_watch()
{
    if (watch_ != 0)
        core_->unwatch(std::exchange(watch_, 0));
}

void lock_op::on_missing()
{
    if (over_ || busy_)
        return; // what is on its way will find out
    proceed(machine_->look_again());
}

void lock_op::on_session_end(errc why)
{
    if (over_)
        return;
    over_ = true;
    core_->forget_ready(ready_wait_);
    leave_line();
    answer_with(stopping_ ? make_error_code(asio::error::operation_aborted) : make_error_code(why));
}

void start_lock_op(const std::shared_ptr<lock_space>& space,
                   std::string key,
                   std::optional<nanoseconds> limit,
                   lock_op::caller handler)
{
    auto node = space->raw_names ? std::optional(key) : encode_key(key);
    if (!node) {
        auto shared = std::make_shared<lock_op::caller>(std::move(handler));
        space->core->io().post(
            [shared] { deliver(std::move(*shared), errc::key_invalid, std::nullopt); });
        return;
    }
    std::make_shared<lock_op>(
        space, lock_op::order{std::move(key), *std::move(node), limit}, std::move(handler))
        ->start();
}

} // namespace paddock::detail
