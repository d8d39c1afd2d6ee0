#include "test/calibration/script.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace paddock::calibration {

namespace {

using detail::reply;
using detail::reply_code;

const char* name_of(reply_code code)
{
    switch (code) {
    case reply_code::ok:
        return "ok";
    case reply_code::no_node:
        return "no node";
    case reply_code::node_exists:
        return "node exists";
    case reply_code::not_empty:
        return "not empty";
    case reply_code::no_auth:
        return "no auth";
    case reply_code::refused:
        return "refused";
    case reply_code::throttled:
        return "throttled";
    case reply_code::in_doubt:
        return "in doubt";
    case reply_code::session_over:
        return "session over";
    }
    return "unknown";
}

std::string& path_of(detail::multi_op& op)
{
    return std::visit([](auto& each) -> std::string& { return each.path; }, op);
}

} // namespace

detail::multi_op check(std::string path)
{
    return detail::check_op{std::move(path)};
}

detail::multi_op erase(std::string path)
{
    return detail::remove_op{std::move(path)};
}

detail::multi_op join(std::string prefix)
{
    return detail::create_op{std::move(prefix), "data"};
}

detail::multi_op touch(std::string path)
{
    return detail::touch_op{std::move(path)};
}

// ---- the client ------------------------------------------------------------------------------

actor::actor(bench& where, history& seen, std::string name, const seat_setup& setup)
    : bench_(where), seen_(seen), number_(seen.add_client(std::move(name))),
      seat_(where.take_seat(setup, *this))
{
}

actor::~actor()
{
    if (closed_)
        return;
    try {
        auto ended = std::make_shared<bool>(false);
        seat_->run(
            [&](detail::zk_client& zk) { zk.close([ended](const reply&) { *ended = true; }); });
        bench_.wait([&] { return *ended; }, source_line::current());
    } catch (const std::exception&) {
        // The scenario has failed already, and that is what is told of.
    }
}

void actor::on_connected(const detail::connection_info& info)
{
    const bool is_new = seen_.name_session(number_, info.session_id);
    seen_.note(number_,
               std::string(connected) +
                   (is_new ? ", a new session of " : ", the session resumed, ") +
                   std::to_string(info.session_timeout / tick) + " ticks");
}

void actor::on_disconnected()
{
    seen_.note(number_, disconnected);
}

void actor::on_session_over(detail::session_end reason)
{
    seen_.note(number_,
               std::string(session_over) +
                   (reason == detail::session_end::expired ? ", expired" : ", auth refused"));
}

void actor::on_watch(const std::string& path)
{
    seen_.note(number_, "watch " + seen_.shown(path));
}

void actor::wait_for(const std::string& event, source_line where)
{
    const auto wanted = ++waited_[event];
    bench_.wait([&] { return seen_.count(number_, event) >= wanted; }, where);
}

// ---- calls -------------------------------------------------------------------------------------

std::string actor::next_call(const std::string& what, const std::string& path)
{
    return "answer " + std::to_string(++calls_) + ", " + what + " " + path + ": ";
}

void actor::answered(const std::string& asked, const reply& end, const std::string& result)
{
    seen_.note(number_, asked + name_of(end.code) + result);
}

void actor::begin(call made)
{
    if (gathering_)
        return gathered_.push_back(std::move(made));
    seat_->run(made);
    wait_for_answers();
}

void actor::at_once(const std::function<void()>& calls)
{
    gathering_ = true;
    calls();
    gathering_ = false;
    seat_->run([made = std::exchange(gathered_, {})](detail::zk_client& zk) {
        for (const call& each : made)
            each(zk);
    });
}

void actor::together(const std::function<void()>& calls, source_line where)
{
    at_once(calls);
    wait_for_answers(where);
}

void actor::wait_for_answers(source_line where)
{
    bench_.wait([this] { return seen_.count(number_, "answer ") >= calls_; }, where);
}

void actor::make_node(const std::string& path, detail::create_mode mode)
{
    auto name =
        next_call(mode == detail::create_mode::container ? "create container" : "create", path);
    begin([this, path, mode, name, limit = patience](detail::zk_client& zk) {
        zk.create({seen_.real(path), "data", mode},
                  limit,
                  [this, name](const reply& end, const std::string& made, const auto& stat) {
                      if (end.code != reply_code::ok)
                          return answered(name, end);
                      seen_.note(number_, name + "ok, " + seen_.shown(made), stat);
                  });
    });
}

void actor::create(const std::string& path)
{
    make_node(path, detail::create_mode::persistent);
}

void actor::create_container(const std::string& path)
{
    make_node(path, detail::create_mode::container);
}

void actor::enqueue(const std::string& prefix)
{
    make_node(prefix, detail::create_mode::ephemeral_sequential);
}

detail::zk_client::listed actor::listed(const std::string& name)
{
    return [this, name](const reply& end, std::vector<std::string> names, const auto&) {
        std::sort(names.begin(), names.end()); // a set: the server's order is none
        std::string list;
        for (const std::string& each : names)
            list += " " + each;
        answered(name, end, list);
    };
}

void actor::children(const std::string& path)
{
    begin([this, path, name = next_call("children", path), limit = patience](
              detail::zk_client& zk) { zk.children(seen_.real(path), limit, listed(name)); });
}

void actor::watch(const std::string& path)
{
    begin([this, path, name = next_call("watch", path), limit = patience](detail::zk_client& zk) {
        zk.watch(seen_.real(path), limit, [this, name](const reply& end, const auto& stat) {
            if (end.code != reply_code::ok)
                return answered(name, end);
            seen_.note(number_, name + "ok", stat);
        });
    });
}

void actor::stat(const std::string& path)
{
    begin([this, path, name = next_call("stat", path), limit = patience](detail::zk_client& zk) {
        zk.stat(seen_.real(path), limit, [this, name](const reply& end, const auto& stat) {
            if (end.code != reply_code::ok)
                return answered(name, end);
            seen_.note(number_, name + "ok", stat);
        });
    });
}

void actor::watch_children(const std::string& path)
{
    begin([this, path, name = next_call("watch children", path), limit = patience](
              detail::zk_client& zk) { zk.watch_children(seen_.real(path), limit, listed(name)); });
}

void actor::unwatch(const std::string& path)
{
    begin([this, path, name = next_call("unwatch", path), limit = patience](detail::zk_client& zk) {
        zk.unwatch(
            seen_.real(path), limit, [this, name](const reply& end) { answered(name, end); });
    });
}

void actor::remove(const std::string& path)
{
    begin([this, path, name = next_call("remove", path), limit = patience](detail::zk_client& zk) {
        zk.remove(seen_.real(path), limit, [this, name](const reply& end) { answered(name, end); });
    });
}

void actor::sync(const std::string& path)
{
    begin([this, path, name = next_call("sync", path), limit = patience](detail::zk_client& zk) {
        zk.sync(seen_.real(path), limit, [this, name](const reply& end) { answered(name, end); });
    });
}

void actor::multi(std::vector<detail::multi_op> ops)
{
    for (auto& each : ops)
        path_of(each) = seen_.real(path_of(each));
    auto name = next_call("multi of", std::to_string(ops.size()));
    begin([this, ops = std::move(ops), name, limit = patience](detail::zk_client& zk) {
        zk.multi(ops, limit, [=, this](const reply& end, const detail::multi_outcome& outcome) {
            // The index means something where the ensemble has refused one of them.
            const bool judged =
                end.code == reply_code::no_node || end.code == reply_code::node_exists ||
                end.code == reply_code::not_empty || end.code == reply_code::no_auth;
            answered(name,
                     end,
                     judged ? " at " + std::to_string(outcome.failed.value_or(ops.size())) : "");
            if (end.code == reply_code::ok)
                note_results(name, ops, outcome.results);
        });
    });
}

// Not as answers, which are counted. Of what was created the name counts, of what was touched the
// stat; the others have none.
void actor::note_results(const std::string& asked,
                         const std::vector<detail::multi_op>& ops,
                         const std::vector<detail::multi_result>& results)
{
    for (std::size_t each = 0; each < ops.size(); ++each) {
        if (const auto* made = std::get_if<detail::create_op>(&ops[each]))
            seen_.note(number_,
                       "by " + asked +
                           seen_.shown(made->path.substr(0, made->path.rfind('/') + 1) +
                                       results.at(each).name));
        else if (std::holds_alternative<detail::touch_op>(ops[each]))
            seen_.note(number_, "by " + asked + "touched", results.at(each).stat);
    }
}

void actor::close()
{
    closed_ = true;
    begin([this, name = next_call("close", "the client")](detail::zk_client& zk) {
        zk.close([this, name](const reply& end) { answered(name, end); });
    });
}

void actor::reconnect()
{
    seat_->run([](detail::zk_client& zk) { zk.reconnect(); });
}

void actor::set_servers(const std::vector<std::size_t>& servers)
{
    const auto addresses = seat_->addresses(servers);
    seat_->run([&](detail::zk_client& zk) { zk.set_servers(addresses); });
}

// ---- the run -----------------------------------------------------------------------------------

actor& script::enter(const seat_setup& setup)
{
    const char name = static_cast<char>('A' + actors_.size());
    return actors_.emplace_back(bench_, seen_, std::string(1, name), setup);
}

actor& script::join(const seat_setup& setup, source_line where)
{
    actor& joined = enter(setup);
    joined.wait_for(actor::connected, where);
    return joined;
}

void script::wait_until_gone(const std::string& path, source_line where)
{
    bench_.wait([&] { return !bench_.has_node(seen_.real(path)); }, where);
}

void script::pass(std::chrono::milliseconds time, source_line where)
{
    const auto end = now() + time;
    bench_.wait([&] { return now() >= end; }, where);
}

void script::took(const std::string& what,
                  time_point start,
                  std::chrono::milliseconds least,
                  std::chrono::milliseconds most)
{
    const auto passed = now() - start;
    std::string verdict = ": in time";
    if (passed < least || passed > most)
        verdict = ": after " + std::to_string(std::chrono::duration<double>(passed).count()) +
                  " s, not " + std::to_string(least.count()) + " to " +
                  std::to_string(most.count()) + " ms";
    seen_.note(0, what + verdict);
}

} // namespace paddock::calibration
