#include "test/chaos/client_fleet.hpp"

#include "test/chaos/run_names.hpp"
#include "test/support/wait.hpp"

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

namespace paddock::test {

using checker::event_kind;

client_fleet::client_fleet(setup wanted, const chaos_ensemble& servers, checker::history_file& log)
    : setup_(std::move(wanted)), servers_(servers), log_(log), places_(setup_.size)
{
    for (std::size_t i = 0; i < places_.size(); ++i)
        start(i);
}

std::filesystem::path client_fleet::log_of(std::uint32_t id) const
{
    return setup_.folder / ("client-" + std::to_string(id) + ".log");
}

void client_fleet::start(std::size_t place)
{
    auto& one = places_.at(place);
    one.id = ++made_;
    auto options = setup_.options;
    options.hosts = servers_.hosts();
    options.id = one.id;
    options.seed = setup_.options.seed * 1'000 + one.id;
    options.history = (setup_.folder / ("client-" + std::to_string(one.id) + ".history")).string();
    child_options child;
    child.argv = to_words(options);
    child.argv.insert(child.argv.begin(), setup_.program.string());
    child.log = log_of(one.id);
    child.network_namespace = servers_.client_namespace(place);
    one.process.emplace(child);
    one.paused_since.reset();
}

void client_fleet::note(event_kind kind, std::uint32_t client, std::chrono::nanoseconds time)
{
    checker::event what;
    what.kind = kind;
    what.client = client;
    what.time = time;
    log_.append(what, "");
}

void client_fleet::kill(std::size_t place)
{
    auto& one = places_.at(place);
    if (!one.process || !one.process->running())
        return;
    one.process->kill(); // and reaped: it has done its last
    // Whoever stood still did nothing more: its holds ended with the stop.
    note(event_kind::killed, one.id, one.paused_since.value_or(event_time()));
    one.process.reset();
}

void client_fleet::replace(std::size_t place)
{
    if (!places_.at(place).process)
        start(place);
}

void client_fleet::pause(std::size_t place)
{
    auto& one = places_.at(place);
    if (!one.process || !one.process->running() || one.paused_since)
        return;
    one.process->pause();
    one.paused_since = event_time();
    note(event_kind::paused, one.id, *one.paused_since);
}

void client_fleet::resume(std::size_t place)
{
    auto& one = places_.at(place);
    if (!one.process || !one.paused_since)
        return;
    note(event_kind::resumed, one.id, event_time());
    one.paused_since.reset();
    one.process->resume();
}

void client_fleet::tell_all()
{
    ++told_;
    for (auto& one : places_) {
        if (one.process)
            one.process->signal(SIGTERM);
    }
}

std::vector<std::uint32_t> client_fleet::running()
{
    std::vector<std::uint32_t> ids;
    for (auto& one : places_) {
        if (one.process && one.process->running())
            ids.push_back(one.id);
    }
    return ids;
}

void client_fleet::wait_for_end(std::chrono::milliseconds limit)
{
    try {
        wait_until([this] { return running().empty(); }, limit);
    } catch (const timed_out&) {
        for (const auto id : running())
            failures_.push_back("client " + std::to_string(id) + " did not end when told to");
    }
    failures(); // of how they ended
    for (std::size_t i = 0; i < places_.size(); ++i)
        kill(i);
}

std::vector<std::string> client_fleet::failures()
{
    for (auto& one : places_) {
        if (!one.process || one.process->running())
            continue;
        if (const int code = one.process->wait(); code != 0 || told_ < 2) {
            failures_.push_back("client " + std::to_string(one.id) + " ended by itself, code " +
                                std::to_string(code) + ":\n" + tail_of(log_of(one.id)));
            note(event_kind::killed, one.id, event_time());
        }
        one.process.reset();
    }
    return failures_;
}

} // namespace paddock::test
