#include "test/simulation/scenario.hpp"

#include "src/grant.hpp"
#include "src/session_access.hpp"
#include "test/checker/check.hpp"
#include <paddock/log.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>

#include <algorithm>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <utility>

namespace paddock::simulation {

namespace asio = boost::asio;

namespace {

ensemble_config servers_of(const scenario_config& wanted)
{
    ensemble_config config;
    config.servers = wanted.servers;
    config.tick = wanted.tick;
    return config;
}

// Thousands of losses that are meant to happen would hide the one line that matters.
void be_quiet()
{
    static const auto nowhere =
        std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_mt>());
    set_logger(nowhere);
}

} // namespace

bool attempt::held() const
{
    const auto& granted = got ? detail::session_access::behind(*got) : nullptr;
    return granted && granted->believed();
}

// ---- programs ----------------------------------------------------------------------------------

actor::actor(scenario& in,
             checker::client_id number,
             const session_config& config,
             const lock_config& locks)
    : in_(in), number_(number),
      process_({in.where, in.net, in.servers, in.requests}, "client-" + std::to_string(number), 0)
{
    session_ = std::make_unique<paddock::session>(process_.open_session(config));
    locks_ = std::make_unique<keyed_mutex>(*session_, scenario::root, locks);
}

// The process first: nothing that its handlers refer to may go before it is dead.
actor::~actor()
{
    process_.die();
}

// What it posts to its own executor runs right behind it.
void actor::run(const std::function<void()>& work)
{
    process_.run_as_user(work);
    in_.where.at(process_, in_.where.now(), [] {});
}

attempt_ptr actor::begin(const std::string& key, nanoseconds limit)
{
    auto call = std::make_shared<attempt>();
    call->key = key;
    call->number = attempts_.size() + 1;
    call->called = in_.where.now();
    attempts_.push_back(call);
    in_.seen.called(number_, key, call->number, limit);
    return call;
}

attempt_ptr actor::lock(const std::string& key)
{
    const auto call = begin(key, 0ns);
    run([&] {
        locks_->async_lock(key,
                           asio::bind_cancellation_slot(call->cancel.slot(),
                                                        [this, call](error_code ec, hold got) {
                                                            answered(call, ec, std::move(got));
                                                        }));
    });
    return call;
}

attempt_ptr actor::try_lock_for(const std::string& key, nanoseconds limit)
{
    const auto call = begin(key, limit);
    run([&] {
        locks_->async_try_lock_for(
            key,
            limit,
            asio::bind_cancellation_slot(call->cancel.slot(),
                                         [this, call](error_code ec, std::optional<hold> got) {
                                             answered(call, ec, std::move(got));
                                         }));
    });
    return call;
}

void actor::answered(const attempt_ptr& call, error_code ec, std::optional<hold> got)
{
    if (++call->answers > 1)
        in_.seen.violated("a handler was called twice");
    call->ec = ec;
    call->answered = in_.where.now();
    const bool granted = got && detail::session_access::behind(*got) != nullptr;
    if (granted && ec)
        in_.seen.violated("an error came with a hold: " + ec.message());
    if (granted)
        call->seen = in_.seen.granted(process_, number_, call->key, call->number, *got);
    else
        in_.seen.refused(number_, call->key, call->number);
    if (call->seen)
        call->got = std::move(got);
    call->believed = call->held();
    if (on_answer)
        on_answer(call);
}

void actor::cancel(const attempt_ptr& waiting, asio::cancellation_type type)
{
    run([&] { waiting->cancel.emit(type); });
}

// The witness first: a hold ends before its holder lets go.
std::optional<hold> actor::let_go(const attempt_ptr& held)
{
    if (const auto observed = std::exchange(held->seen, nullptr))
        in_.seen.releasing(observed);
    return std::exchange(held->got, std::nullopt);
}

void actor::release(const attempt_ptr& held)
{
    run([&] {
        if (auto ended = let_go(held))
            ended->release();
    });
}

auto actor::ends(const ending_ptr& result)
{
    return [this, result](error_code ec) {
        if (++result->answers > 1)
            in_.seen.violated("a handler was called twice");
        result->ec = ec;
        result->answered = in_.where.now();
    };
}

ending_ptr actor::async_release(const attempt_ptr& held)
{
    auto result = std::make_shared<ending>();
    run([&] {
        if (auto ended = let_go(held))
            ended->async_release(ends(result));
    });
    return result;
}

ending_ptr actor::verify(const attempt_ptr& held)
{
    auto result = std::make_shared<ending>();
    run([&] { held->got->async_verify(ends(result)); });
    return result;
}

ending_ptr actor::close()
{
    auto result = std::make_shared<ending>();
    run([&] { session_->async_close(ends(result)); });
    return result;
}

void actor::destroy_session()
{
    run([&] { session_.reset(); });
}

void actor::kill()
{
    if (!process_.alive())
        return;
    in_.seen.killed(process_, number_);
    process_.die();
}

void actor::stop()
{
    process_.stop();
    in_.seen.paused(number_);
}

void actor::go_on()
{
    in_.seen.resumed(number_);
    process_.go_on();
}

std::uint64_t lock_requests(const actor& of)
{
    const auto use = of.usage();
    return use.requests - use.evidence - use.heartbeats;
}

// ---- the scenario ------------------------------------------------------------------------------

scenario::scenario(scenario_config config)
    : where(config.seed), net(where), servers(where, net, servers_of(config)),
      seen(where, servers, root, config.timeout), config_(config)
{
    be_quiet();
    where.after_each = [this] {
        seen.look();
        if (awaited_ != nullptr && (*awaited_)())
            where.stop();
    };
    run_until([this] {
        for (std::size_t each = 0; each < servers.size(); ++each) {
            if (!servers.serves(each))
                return false;
        }
        return servers.leader().has_value();
    });
}

scenario::~scenario()
{
    where.after_each = nullptr;
}

std::string scenario::host_of(std::size_t server)
{
    const auto at = ensemble::address(server);
    return at.address + ":" + std::to_string(at.port);
}

std::string scenario::hosts() const
{
    std::string all;
    for (std::size_t each = 0; each < servers.size(); ++each)
        all += (each == 0 ? "" : ",") + host_of(each);
    return all;
}

session_config scenario::usual() const
{
    session_config config;
    config.hosts = hosts();
    config.session_timeout = config_.timeout;
    config.connect_timeout = config_.timeout * 2;
    return config;
}

actor& scenario::start(const session_config& config, const lock_config& locks)
{
    seen.retains = seen.retains || locks.retain_for.count() != 0;
    seen.hands_on = std::max(seen.hands_on, locks.handoffs_max);
    const auto number = static_cast<checker::client_id>(actors_.size() + 1);
    return *actors_.emplace_back(std::make_unique<actor>(*this, number, config, locks));
}

actor& scenario::connect(const session_config& config, const lock_config& locks)
{
    auto& made = start(config, locks);
    run_until([&] { return made.state() == session_state::connected; }, 10s);
    return made;
}

attempt_ptr scenario::hold_by(actor& who, const std::string& key)
{
    auto call = who.lock(key);
    run_until_answered(call);
    return call;
}

attempt_ptr scenario::wait_by(actor& who, const std::string& key)
{
    const auto waits = [&who] {
        const auto use = who.usage();
        return use.watches + use.local_waits;
    };
    const auto before = waits();
    auto call = who.lock(key);
    run_until([&] { return waits() > before || call->answers != 0; });
    run(5ms); // the watch is set at the server, too
    return call;
}

bool scenario::run_until(const std::function<bool()>& condition, nanoseconds limit)
{
    if (condition())
        return true;
    const auto end = where.now() + limit;
    awaited_ = &condition;
    where.run_until(end);
    awaited_ = nullptr;
    return condition();
}

bool scenario::run_until_answered(const attempt_ptr& call, nanoseconds limit)
{
    return run_until([&] { return call->answers != 0; }, limit);
}

bool scenario::run_until_answered(const ending_ptr& call, nanoseconds limit)
{
    return run_until([&] { return call->answers != 0; }, limit);
}

std::string scenario::path_of(const std::string& key, const std::string& name) const
{
    return std::string(root) + "/" + key + "/" + name;
}

std::vector<std::string> scenario::contenders(const std::string& key) const
{
    auto nodes = servers.nodes_below(std::string(root) + "/" + key);
    std::sort(nodes.begin(), nodes.end(), [](const node_view& a, const node_view& b) {
        return a.stat.czxid < b.stat.czxid;
    });
    std::vector<std::string> names;
    for (const auto& each : nodes)
        names.push_back(each.path.substr(each.path.rfind('/') + 1));
    return names;
}

void scenario::remove(const std::string& path)
{
    seen.operator_deletes(path);
    servers.remove_by_operator(path);
}

void scenario::cut(actor& who)
{
    for (std::size_t each = 0; each < servers.size(); ++each)
        net.cut(who.host(), servers.server(each));
}

void scenario::mend(actor& who)
{
    for (std::size_t each = 0; each < servers.size(); ++each)
        net.mend(who.host(), servers.server(each));
}

void scenario::isolate(std::size_t server)
{
    for (std::size_t each = 0; each < servers.size(); ++each) {
        if (each != server)
            net.cut(servers.server(server), servers.server(each));
    }
}

void scenario::reunite(std::size_t server)
{
    for (std::size_t each = 0; each < servers.size(); ++each) {
        if (each != server)
            net.mend(servers.server(server), servers.server(each));
    }
}

void scenario::expire(actor& who)
{
    cut(who);
    const auto expired = servers.seen().sessions_expired;
    run_until([&] { return servers.seen().sessions_expired > expired; }, freed_within());
    mend(who);
}

std::string scenario::finish()
{
    for (const auto& each : actors_) {
        if (!each->host().alive())
            continue;
        for (const auto& call : each->attempts())
            each->release(call);
    }
    run(freed_within());
    std::vector<process*> alive;
    for (const auto& each : actors_) {
        if (each->host().alive())
            alive.push_back(&each->host());
    }
    seen.at_rest(alive);
    checker::rules demanded;
    demanded.signal_grace = 1ms;         // a thread of the pool is not there at once
    demanded.limit_grace = 1us;          // what a process's clock shows is rounded
    demanded.unique_across_keys = false; // contenders of one transaction share its number
    demanded.grants_min = 0;
    const auto verdict = checker::check(seen.history(), demanded);
    if (!verdict.clean())
        seen.violated(checker::text_of(verdict));
    return violations();
}

} // namespace paddock::simulation
