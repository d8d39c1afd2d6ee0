#include "test/chaos/fault_plan.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

namespace paddock::test {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds gap_min{2'500};
constexpr milliseconds calm{1'000};

milliseconds between(std::mt19937_64& chance, milliseconds least, milliseconds most)
{
    const auto range = static_cast<std::uint64_t>(most.count() - least.count() + 1);
    return least + milliseconds(chance() % range);
}

bool hits_client(fault_kind kind)
{
    return kind <= fault_kind::client_cut_one_way;
}

milliseconds draw_length(std::mt19937_64& chance, fault_kind kind, const fault_limits& limits)
{
    const auto drawn = [&] {
        switch (kind) {
        case fault_kind::client_killed:
            return between(chance, milliseconds(50), milliseconds(1'000));
        case fault_kind::client_stopped:
        case fault_kind::client_cut:
        case fault_kind::client_cut_one_way:
            return between(chance, milliseconds(100), 2 * limits.session_timeout);
        default:
            return between(chance, milliseconds(300), fault_length_max);
        }
    };
    return std::min(drawn(), fault_length_max);
}

class planner {
public:
    planner(std::uint64_t seed, const fault_limits& limits) : chance_(seed), limits_(limits)
    {
        for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
            if (limits.allowed.at(kind))
                kinds_.push_back(static_cast<fault_kind>(kind));
        }
        if (kinds_.empty())
            throw std::invalid_argument("a plan of faults needs a kind of fault");
    }

    std::vector<planned_fault> draw()
    {
        auto begin = milliseconds(1'000);
        for (std::size_t number = 1; begin + calm < limits_.length; ++number) {
            if (number % breather_every == 0) {
                add_breather(begin);
                begin += breather_length;
                continue;
            }
            const auto next = begin + between(chance_, gap_min, fault_gap_max);
            const bool overlaps = chance_() % 3 == 0;
            const auto latest = overlaps ? limits_.length : std::min(next - calm, limits_.length);
            add(begin, latest, kinds_.size());
            if (chance_() % 4 == 0)
                add(begin + milliseconds(chance_() % 500), latest, kinds_.size());
            begin = next;
        }
        std::stable_sort(plan_.begin(), plan_.end(), [](const auto& one, const auto& other) {
            return one.begin < other.begin;
        });
        return std::move(plan_);
    }

private:
    void add_breather(milliseconds begin)
    {
        const auto end = begin + breather_fault_max;
        const auto of_clients = std::ranges::count_if(kinds_, hits_client);
        add(begin, end, of_clients == 0 ? kinds_.size() : static_cast<std::size_t>(of_clients));
        for (auto& fault : plan_)
            fault.end = std::min(fault.end, end);
    }

    // One of the first `kinds` that are allowed; those of clients come first.
    void add(milliseconds begin, milliseconds latest, std::size_t kinds)
    {
        planned_fault fault;
        fault.kind = kinds_.at(chance_() % kinds);
        fault.begin = begin;
        fault.end = std::min(begin + draw_length(chance_, fault.kind, limits_), latest);
        fault.role = hits_client(fault.kind) ? fault_role::client
                     : chance_() % 2 == 0    ? fault_role::leader
                                             : fault_role::follower;
        fault.choice = chance_();
        plan_.push_back(fault);
    }

    std::mt19937_64 chance_;
    const fault_limits& limits_;
    std::vector<fault_kind> kinds_;
    std::vector<planned_fault> plan_;
};

} // namespace

std::string_view name_of(fault_kind kind)
{
    // clang-format off
    static constexpr std::array<std::string_view, fault_kinds> names{
        "client killed", "client stopped", "client cut", "client cut one way",
        "server killed", "server paused", "server isolated", "server isolated from peers",
        "disk full", "disk slow"};
    // clang-format on
    return names.at(static_cast<std::size_t>(kind));
}

std::vector<planned_fault> draw_plan(std::uint64_t seed, const fault_limits& limits)
{
    return planner(seed, limits).draw();
}

} // namespace paddock::test
