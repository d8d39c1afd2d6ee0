#include "test/simulation/simulated_client.hpp"

#include <algorithm>
#include <utility>

namespace paddock::simulation {
namespace {

using detail::reply_code;

// As the adapter: past this part of the time-out it takes itself to have been asleep.
constexpr int asleep_share = 8;

// As src/zk_handle.cpp merges the C client's codes.
reply_code to_reply(code result)
{
    switch (result) {
    case code::ok:
        return reply_code::ok;
    case code::no_node:
        return reply_code::no_node;
    case code::node_exists:
        return reply_code::node_exists;
    case code::not_empty:
        return reply_code::not_empty;
    case code::no_auth:
        return reply_code::no_auth;
    case code::throttled:
        return reply_code::throttled;
    case code::session_moved:
    case code::runtime_inconsistency:
        return reply_code::in_doubt;
    case code::session_expired:
        return reply_code::session_over;
    case code::bad_version:
    case code::no_children_for_ephemerals:
    case code::bad_arguments:
    case code::unimplemented:
    case code::system_error:
        break;
    }
    return reply_code::refused;
}

std::string to_text(const request& wanted)
{
    constexpr const char* words[] = {"create",
                                     "remove",
                                     "set_data",
                                     "check",
                                     "exists",
                                     "get",
                                     "children",
                                     "unwatch",
                                     "multi",
                                     "sync",
                                     "ping",
                                     "set_watches",
                                     "close_session"};
    auto text = "#" + std::to_string(wanted.xid) + " " +
                words[static_cast<std::size_t>(wanted.body.what)] + " " + wanted.body.path;
    for (const auto& each : wanted.ops)
        text += " " + each.path;
    return text;
}

// As the C client's isValidPath: what fails it is never sent.
bool is_path(const std::string& path, bool sequential)
{
    if (path.empty() || path.front() != '/')
        return false;
    const std::string full = sequential ? path + "0" : path; // the number follows
    for (std::size_t start = 1; full.size() > 1 && start <= full.size();) {
        const auto end = std::min(full.find('/', start), full.size());
        const auto name = full.substr(start, end - start);
        if (name.empty() || name == "." || name == "..")
            return false;
        if (std::any_of(name.begin(), name.end(), [](char c) { return c > 0 && c < 0x1f; }))
            return false;
        start = end + 1;
    }
    return true;
}

bool has_paths(const request& wanted)
{
    const auto& body = wanted.body;
    if (body.what != op::multi)
        return is_path(body.path, body.mode == detail::create_mode::ephemeral_sequential);
    return std::all_of(wanted.ops.begin(), wanted.ops.end(), [](const operation& each) {
        return is_path(each.path, each.mode == detail::create_mode::ephemeral_sequential);
    });
}

std::string to_text(const answer& given)
{
    auto text = "#" + std::to_string(given.xid) + ": code " +
                std::to_string(static_cast<int>(given.result)) + " " + given.path;
    for (const auto& each : given.names)
        text += " " + each;
    return text;
}

} // namespace

simulated_client::simulated_client(process& owner,
                                   detail::client_config config,
                                   detail::zk_events& events)
    : owner_(owner), events_(&events), config_(std::move(config)), servers_(config_.servers),
      next_server_(owner.chance().below(servers_.size())),
      pacer_(servers_.size(), config_.session_timeout), timeout_(config_.session_timeout)
{
}

simulated_client::~simulated_client()
{
    if (link_)
        link_->close(side::opener);
}

void simulated_client::start()
{
    try_later();
}

// ---- the calls ---------------------------------------------------------------------------------

void simulated_client::create(detail::create_request wanted, nanoseconds patience, created handler)
{
    // The data names the real host and process, which a reproducible world must not see.
    request ask{.body = {.what = op::create,
                         .path = std::move(wanted.path),
                         .mode = wanted.mode,
                         .creator_all_acl = config_.creator_all_acl}};
    begin(patience,
          std::move(ask),
          [handler = std::move(handler)](const detail::reply& end, answer& given) {
              handler(end, std::move(given.path), given.stat);
          });
}

void simulated_client::children(std::string path, nanoseconds patience, listed handler)
{
    begin(patience,
          {.body = {.what = op::children, .path = std::move(path)}},
          [handler = std::move(handler)](const detail::reply& end, answer& given) {
              handler(end, std::move(given.names), given.stat);
          });
}

void simulated_client::watch(std::string path, nanoseconds patience, got handler)
{
    auto finish = [this, path, handler = std::move(handler)](const detail::reply& end,
                                                             answer& given) {
        if (end.code == reply_code::ok)
            watched_.insert(path);
        handler(end, given.stat);
    };
    begin(patience,
          {.body = {.what = op::get, .path = std::move(path)}, .watch = true},
          std::move(finish));
}

void simulated_client::watch_children(std::string path, nanoseconds patience, listed handler)
{
    auto finish = [this, path, handler = std::move(handler)](const detail::reply& end,
                                                             answer& given) {
        if (end.code == reply_code::ok)
            watched_parents_.insert(path);
        handler(end, std::move(given.names), given.stat);
    };
    begin(patience,
          {.body = {.what = op::children, .path = std::move(path)}, .watch = true},
          std::move(finish));
}

void simulated_client::unwatch(std::string path, nanoseconds patience, done handler)
{
    auto finish = [this, path, handler = std::move(handler)](const detail::reply& end, answer&) {
        if (end.code == reply_code::ok) {
            watched_.erase(path);
            watched_parents_.erase(path);
        }
        handler(end);
    };
    begin(patience, {.body = {.what = op::unwatch, .path = std::move(path)}}, std::move(finish));
}

void simulated_client::stat(std::string path, nanoseconds patience, got handler)
{
    begin(patience,
          {.body = {.what = op::exists, .path = std::move(path)}},
          [handler = std::move(handler)](const detail::reply& end, answer& given) {
              handler(end, given.stat);
          });
}

void simulated_client::remove(std::string path, nanoseconds patience, done handler)
{
    begin(patience,
          {.body = {.what = op::remove, .path = std::move(path)}},
          [handler = std::move(handler)](const detail::reply& end, answer&) { handler(end); });
}

void simulated_client::multi(std::vector<detail::multi_op> ops,
                             nanoseconds patience,
                             committed handler)
{
    request ask{.body = {.what = op::multi}};
    for (auto& each : ops)
        ask.ops.push_back(std::visit([this](auto& op) { return to_operation(op); }, each));
    begin(patience,
          std::move(ask),
          [handler = std::move(handler)](const detail::reply& end, answer& given) {
              handler(end, std::move(given.transaction));
          });
}

operation simulated_client::to_operation(detail::check_op& wanted) const
{
    return {.what = op::check, .path = std::move(wanted.path)};
}

operation simulated_client::to_operation(detail::remove_op& wanted) const
{
    return {.what = op::remove, .path = std::move(wanted.path)};
}

operation simulated_client::to_operation(detail::touch_op& wanted) const
{
    return {.what = op::set_data, .path = std::move(wanted.path)};
}

operation simulated_client::to_operation(detail::create_op& wanted) const
{
    return {.what = op::create,
            .path = std::move(wanted.path),
            .mode = detail::create_mode::ephemeral_sequential,
            .creator_all_acl = config_.creator_all_acl};
}

void simulated_client::sync(std::string path, nanoseconds patience, done handler)
{
    begin(patience,
          {.body = {.what = op::sync, .path = std::move(path)}},
          [handler = std::move(handler)](const detail::reply& end, answer&) { handler(end); });
}

void simulated_client::begin(nanoseconds patience, request wanted, finisher finish)
{
    if (over_ || closed_)
        return finish_later(std::move(finish), reply_code::session_over);
    // What the C client settles by itself overtakes what was asked before.
    if (!has_paths(wanted))
        return finish_later(std::move(finish), reply_code::refused);
    if (connected_ && !suffer_before(wanted, finish))
        return;
    const auto now = owner_.local_now();
    wanted.xid = ++last_xid_;
    calls_.push_back({wanted.xid, now, now + patience, std::move(finish)});
    if (connected_) {
        const bool writes = is_write(wanted.body.what);
        send(std::move(wanted));
        suffer_after(calls_.back(), writes);
    } else {
        calls_.back().unsent = std::move(wanted);
    }
    arm_patience();
}

void simulated_client::send(request wanted)
{
    if (owner_.around().where.narrator)
        owner_.around().where.tell(owner_.name(), "asks " + to_text(wanted));
    last_sent_ = owner_.local_now();
    owner_.around().servers.submit(link_, std::move(wanted));
}

// What was asked for while there was no connection.
void simulated_client::send_unsent()
{
    for (auto& each : calls_) {
        if (auto wanted = std::exchange(each.unsent, std::nullopt))
            send(std::move(*wanted));
    }
}

// ---- planned faults of single requests --------------------------------------------------------

// Says whether the request is to be sent at all.
bool simulated_client::suffer_before(const request& wanted, finisher& finish)
{
    pending_fault_ = owner_.around().faults.take(owner_);
    if (!pending_fault_)
        return true;
    owner_.around().where.note("request fault",
                               owner_.name(),
                               static_cast<std::uint64_t>(pending_fault_->what),
                               static_cast<std::uint64_t>(wanted.body.what));
    if (pending_fault_->what == request_faults::kind::fail) {
        // Behind what was sent before, as an answer of the server would come.
        const auto now = owner_.local_now();
        calls_.push_back({++last_xid_, now, now + timeout_ / 3, std::move(finish)});
        owner_.around().servers.submit(
            link_,
            {.xid = last_xid_, .body = {.what = op::ping}, .fail_with = pending_fault_->answer});
        arm_patience();
        return false;
    }
    if (pending_fault_->what == request_faults::kind::cut_before) {
        finish_later(std::move(finish), reply_code::in_doubt);
        owner_.around().where.at(owner_, owner_.around().where.now(), [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->break_connection();
        });
        return false;
    }
    return true;
}

void simulated_client::suffer_after(call& made, bool writes)
{
    if (!pending_fault_)
        return;
    const auto what = pending_fault_->what;
    if (what == request_faults::kind::reply_lost) {
        made.unanswered = true;
    } else if (what == request_faults::kind::garbled) {
        made.garbled = writes;
    } else if (what == request_faults::kind::cut_after ||
               what == request_faults::kind::cut_reading) {
        // Not inside the call of whoever made it.
        const auto delay = what == request_faults::kind::cut_after ? 0ns : nanoseconds(1ms);
        auto& where = owner_.around().where;
        where.at(owner_, where.now() + delay, [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->break_connection();
        });
    }
}

// ---- ends of calls -----------------------------------------------------------------------------

void simulated_client::finish_later(finisher finish, reply_code code)
{
    const auto now = owner_.local_now();
    auto& where = owner_.around().where;
    where.at(
        owner_, where.now(), [self = shared_from_this(), finish = std::move(finish), code, now] {
            answer none;
            finish({.code = code, .sent = now, .received = now}, none);
        });
}

void simulated_client::end_all_calls(reply_code code)
{
    const auto now = owner_.local_now();
    auto& where = owner_.around().where;
    for (auto& ended : std::exchange(calls_, {})) {
        where.at(owner_,
                 where.now(),
                 [self = shared_from_this(),
                  finish = std::move(ended.finish),
                  end = detail::reply{.code = code, .sent = ended.sent, .received = now}] {
                     answer none;
                     finish(end, none);
                 });
    }
}

void simulated_client::on_answer(answer&& given)
{
    const auto self = shared_from_this(); // a handler may let go of us
    last_heard_ = owner_.local_now();
    last_zxid_ = std::max(last_zxid_, given.zxid);
    if (calls_.empty() || calls_.front().xid != given.xid) {
        if (close_handler_ && given.xid == last_xid_)
            finish_close(reply_code::ok);
        return; // of watches that were set again, or of a call whose answer a fault ate
    }
    if (calls_.front().unanswered)
        return;
    const auto answered = std::move(calls_.front());
    calls_.pop_front();
    if (answered.garbled && given.result == code::ok) { // FinalRequestProcessor, behind the commit
        given = {};
        given.result = code::system_error;
    }
    const detail::reply end{
        .code = to_reply(given.result), .sent = answered.sent, .received = owner_.local_now()};
    if (owner_.around().where.narrator)
        owner_.around().where.tell(owner_.name(), "hears " + to_text(given));
    answered.finish(end, given);
}

void simulated_client::arm_patience()
{
    auto due = time_point::max();
    for (const auto& each : calls_)
        due = std::min(due, each.deadline);
    if (patience_timer_ != 0 && patience_due_ <= due)
        return; // comes early at worst, and is set anew then
    auto& where = owner_.around().where;
    where.cancel(std::exchange(patience_timer_, 0));
    if (due == time_point::max())
        return;
    patience_due_ = due;
    patience_timer_ = where.at(owner_, owner_.global(due), [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self)
            return;
        self->patience_timer_ = 0;
        self->after_what_arrived(self->patience_due_, &simulated_client::lose_patience);
    });
}

void simulated_client::lose_patience()
{
    const auto now = owner_.local_now();
    if (std::any_of(
            calls_.begin(), calls_.end(), [now](const call& each) { return each.deadline <= now; }))
        break_connection();
    arm_patience();
}

// A process that stood still first takes in what came meanwhile, as the adapter does.
void simulated_client::after_what_arrived(time_point due, void (simulated_client::*then)())
{
    if (owner_.local_now() - due <= timeout_ / asleep_share)
        return (this->*then)();
    auto& where = owner_.around().where;
    where.at(owner_, where.now(), [weak = weak_from_this(), then] {
        if (const auto self = weak.lock())
            ((*self).*then)();
    });
}

// The C client pings when it waits for nothing and has sent nothing for a third of the time-out,
// and breaks up a connection that has been silent for two thirds.
void simulated_client::keep_alive()
{
    if (!connected_ || closed_)
        return;
    const auto now = owner_.local_now();
    const auto silent = last_heard_ + timeout_ * 2 / 3;
    if (now >= silent)
        return break_connection();
    if (calls_.empty() && now >= last_sent_ + timeout_ / 3)
        send({.xid = ++last_xid_, .body = {.what = op::ping}});
    const auto due = std::min(silent, std::max(last_sent_ + timeout_ / 3, now + timeout_ / 12));
    auto& where = owner_.around().where;
    where.cancel(alive_timer_);
    alive_timer_ = where.at(owner_, owner_.global(due), [weak = weak_from_this(), due] {
        if (const auto self = weak.lock())
            self->after_what_arrived(due, &simulated_client::keep_alive);
    });
}

} // namespace paddock::simulation
