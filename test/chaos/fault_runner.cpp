#include "test/chaos/fault_runner.hpp"

#include <algorithm>
#include <utility>

namespace paddock::test {

namespace {

using way = chaos_ensemble::way;
using capability = chaos_ensemble::capability;

std::string server_name(std::size_t server)
{
    return "server " + std::to_string(server + 1);
}

std::string client_place(std::size_t place)
{
    return "client place " + std::to_string(place + 1);
}

} // namespace

std::array<bool, fault_kinds> possible_faults(const chaos_ensemble& servers)
{
    std::array<bool, fault_kinds> possible{};
    possible.fill(true);
    const auto limit = [&](fault_kind kind, capability needed) {
        possible.at(static_cast<std::size_t>(kind)) = servers.can(needed);
    };
    limit(fault_kind::client_cut, capability::cut_clients);
    limit(fault_kind::client_cut_one_way, capability::one_way_cuts);
    limit(fault_kind::server_isolated_from_peers, capability::isolate_from_peers);
    limit(fault_kind::disk_full, capability::fill_disk);
    limit(fault_kind::disk_slow, capability::slow_disk);
    return possible;
}

fault_runner::fault_runner(std::vector<planned_fault> plan,
                           chaos_ensemble& servers,
                           client_fleet& clients)
    : plan_(std::move(plan)), servers_(servers), clients_(clients)
{
}

std::vector<std::string> fault_runner::step(std::chrono::milliseconds plan_time,
                                            std::chrono::milliseconds now)
{
    std::vector<std::string> news;
    const auto due = [&](const active_fault& fault) {
        return done_.at(fault.number).planned.end <= plan_time;
    };
    for (auto at = active_.begin(); at != active_.end();) {
        if (!due(*at)) {
            ++at;
            continue;
        }
        const auto ended = *at;
        at = active_.erase(at);
        end(ended, now);
        news.push_back("over: " + done_.at(ended.number).text);
    }
    for (; next_ < plan_.size() && plan_[next_].begin <= plan_time; ++next_) {
        begin(plan_[next_], now);
        news.push_back(done_.back().text);
    }
    return news;
}

void fault_runner::end_all(std::chrono::milliseconds now)
{
    next_ = plan_.size();
    for (const auto& fault : std::exchange(active_, {}))
        end(fault, now);
}

std::chrono::milliseconds
fault_runner::until_next(std::chrono::milliseconds plan_time) const noexcept
{
    return next_ < plan_.size() ? plan_[next_].begin - plan_time : std::chrono::milliseconds::max();
}

void fault_runner::begin(const planned_fault& fault, std::chrono::milliseconds now)
{
    const auto victim = choose_victim(fault);
    done_.push_back({fault, inflict(fault, victim), now, now});
    active_.push_back({done_.size() - 1, victim});
}

void fault_runner::end(const active_fault& fault, std::chrono::milliseconds now)
{
    cure(done_.at(fault.number).planned, fault.victim);
    done_.at(fault.number).ended = now;
}

std::size_t fault_runner::choose_victim(const planned_fault& fault)
{
    if (fault.role == fault_role::client)
        return fault.choice % clients_.size();
    const auto leading = servers_.leader();
    const auto any = fault.choice % servers_.size();
    if (!leading) // an election: whoever it hits
        return any;
    if (fault.role == fault_role::leader)
        return *leading;
    return (*leading + 1 + fault.choice % (servers_.size() - 1)) % servers_.size();
}

std::string fault_runner::inflict(const planned_fault& fault, std::size_t victim)
{
    const auto of_client = client_place(victim);
    const auto of_server =
        server_name(victim) + (fault.role == fault_role::leader ? ", leading," : "");
    switch (fault.kind) {
    case fault_kind::client_killed:
        clients_.kill(victim);
        return of_client + " killed";
    case fault_kind::client_stopped:
        clients_.pause(victim);
        return of_client + " stopped";
    case fault_kind::client_cut:
    case fault_kind::client_cut_one_way:
        return cut(fault, victim);
    case fault_kind::server_killed:
        servers_.kill(victim);
        return of_server + " killed";
    case fault_kind::server_paused:
        servers_.pause(victim);
        return of_server + " paused";
    case fault_kind::server_isolated:
        servers_.isolate(victim);
        return of_server + " isolated";
    case fault_kind::server_isolated_from_peers:
        servers_.isolate_from_peers(victim);
        return of_server + " isolated from its peers";
    case fault_kind::disk_full:
        servers_.fill_disk(victim);
        return of_server + " has a full disk";
    case fault_kind::disk_slow:
        servers_.slow_disk(victim);
        return of_server + " has a slow disk";
    }
    return {};
}

std::string fault_runner::cut(const planned_fault& fault, std::size_t victim)
{
    auto direction = way::both;
    std::string text = client_place(victim) + " cut off";
    if (fault.kind == fault_kind::client_cut_one_way) {
        direction = fault.choice / 7 % 2 == 0 ? way::to_server : way::to_client;
        text += direction == way::to_server ? ", its packets lost," : ", answers lost,";
    }
    const bool all = fault.choice / 14 % 2 == 0;
    const auto one = fault.choice / 28 % servers_.size();
    for (std::size_t server = 0; server < servers_.size(); ++server) {
        if (all || server == one)
            servers_.cut_client(victim, server, direction);
    }
    return text + " from " + (all ? "all servers" : server_name(one));
}

void fault_runner::cure(const planned_fault& fault, std::size_t victim)
{
    switch (fault.kind) {
    case fault_kind::client_killed:
        clients_.replace(victim);
        break;
    case fault_kind::client_stopped:
        clients_.resume(victim);
        break;
    case fault_kind::client_cut:
    case fault_kind::client_cut_one_way:
        servers_.join_client(victim);
        break;
    case fault_kind::server_killed:
        servers_.restart(victim);
        break;
    case fault_kind::server_paused:
        servers_.resume(victim);
        break;
    case fault_kind::server_isolated:
    case fault_kind::server_isolated_from_peers:
        servers_.heal(victim);
        break;
    case fault_kind::disk_full: // what could not write is started again, as an operator would
        servers_.free_disk(victim);
        servers_.kill(victim);
        servers_.restart(victim);
        break;
    case fault_kind::disk_slow:
        servers_.fast_disk(victim);
        break;
    }
}

} // namespace paddock::test
