/// How many locks nobody else wants can be taken and given back, one at a time: by Paddock, and
/// beside it by the bare C client. README.md says what the figures show and what they do not.

#include "own_server.hpp"
#include "raw_client.hpp"
#include "report.hpp"
#include "variants.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bench::place;
using bench::session_timeout;
constexpr auto variant_count = bench::variants.size();

struct options {
    std::string hosts;
    std::size_t rounds{2'000};
    std::size_t runs{5};
    bool json{false};
    bool quick{false};
};

/// The parents of all keys, there before anybody measures and gone afterwards.
class warm_parents {
public:
    explicit warm_parents(const place& where) : where_(where)
    {
        std::vector<std::string> paths{where.root};
        for (const auto& key : where.keys)
            paths.push_back(where.parent(key));
        bench::raw_client(where.server, session_timeout).create_all(paths);
    }
    ~warm_parents()
    {
        try {
            std::vector<std::string> paths;
            for (const auto& key : where_.keys)
                paths.push_back(where_.parent(key));
            paths.push_back(where_.root);
            bench::raw_client(where_.server, session_timeout).remove_all(paths);
        } catch (const std::exception& failure) {
            std::cerr << "left behind: " << where_.root << ": " << failure.what() << '\n';
        }
    }
    warm_parents(const warm_parents&) = delete;
    warm_parents& operator=(const warm_parents&) = delete;

private:
    const place& where_;
};

place make_place(std::string server, std::size_t rounds)
{
    place where{.server = std::move(server),
                .root = "/paddock-bench-" + std::to_string(std::random_device{}()),
                .keys = {}};
    for (std::size_t i = 0; i < rounds; ++i)
        where.keys.push_back("key-" + std::to_string(i));
    return where;
}

/// How many rounds a variant makes before the next one has its turn: a fraction of a second, so
/// that what else the machine does hits all alike.
constexpr std::size_t turn_rounds = 250;

/// One run: every variant makes all rounds, turn by turn. Which one begins changes each time.
std::array<bench::run, variant_count> measure_once(const place& where)
{
    std::array<bench::outcome, variant_count> sums;
    const bench::keys_view keys(where.keys);
    std::size_t first = 0;
    for (std::size_t at = 0; at < keys.size(); at += turn_rounds, ++first) {
        const auto turn = keys.subspan(at, std::min(turn_rounds, keys.size() - at));
        for (std::size_t i = 0; i < variant_count; ++i) {
            const auto which = (first + i) % variant_count;
            const auto part = bench::variants[which].run(where, turn);
            auto& sum = sums[which];
            sum.rounds.insert(sum.rounds.end(), part.rounds.begin(), part.rounds.end());
            sum.requests += part.requests;
        }
    }
    std::array<bench::run, variant_count> runs;
    std::transform(sums.begin(), sums.end(), runs.begin(), [&](bench::outcome& sum) {
        const auto requests = static_cast<double>(sum.requests);
        return bench::run{bench::figures_of(std::move(sum.rounds)),
                          requests / static_cast<double>(keys.size())};
    });
    return runs;
}

bench::runs_by_variant measure(const place& where, std::size_t runs)
{
    const warm_parents parents(where);
    bench::run_raw(where, where.keys); // the server's just-in-time compiler warms up on it
    bench::runs_by_variant all(variant_count);
    for (std::size_t done = 0; done < runs; ++done) {
        const auto results = measure_once(where);
        for (std::size_t i = 0; i < variant_count; ++i)
            all[i].push_back(results[i]);
        std::fprintf(stderr, "run %zu of %zu done\n", done + 1, runs);
    }
    return all;
}

void run(const options& wanted)
{
    std::optional<bench::own_server> server;
    const auto address = wanted.hosts.empty() ? server.emplace().address() : wanted.hosts;
    std::printf("one lock at a time, nobody else wants it; %zu runs of %zu rounds; %s; %u cores\n"
                "median of the runs (lowest-highest)\n\n",
                wanted.runs,
                wanted.rounds,
                PADDOCK_BENCH_BUILD,
                std::thread::hardware_concurrency());
    std::fflush(stdout);
    const auto where = make_place(address, wanted.rounds);
    const auto measured = measure(where, wanted.runs);
    bench::print_table(measured);
    if (wanted.json)
        bench::print_json(measured, wanted.rounds);
}

/// Several servers would not do: one variant might meet the leader and another one a follower. And
/// the C client blocks while it resolves names.
std::string check_server(const std::string& text)
{
    const bool numeric = text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos;
    if (!numeric || text.find(':') == std::string::npos)
        return "one server, as numeric address:port, such as 127.0.0.1:2181";
    return {};
}

} // namespace

int main(int argc, char** argv)
{
    options wanted;
    CLI::App app("Locks that nobody else wants: Paddock beside the bare ZooKeeper C client.");
    app.add_option("--hosts", wanted.hosts, "The server to use, as address:port; default: its own")
        ->check(CLI::Validator(check_server, "ADDRESS:PORT"));
    app.add_option("--rounds", wanted.rounds, "Locks in a run, each of another key")
        ->check(CLI::Range(10, 100'000))
        ->capture_default_str();
    app.add_option("--runs", wanted.runs, "Runs of each variant, in turn")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    app.add_flag("--json", wanted.json, "Print the figures as one JSON object, as the last line");
    app.add_flag(
        "--quick", wanted.quick, "One run of 300 rounds: does it work? No figures to quote");
    CLI11_PARSE(app, argc, argv);
    if (wanted.quick) {
        wanted.rounds = 300;
        wanted.runs = 1;
    }
    try {
        run(wanted);
    } catch (const std::exception& failure) {
        std::cerr << "uncontended: " << failure.what() << '\n';
        return 1;
    }
    return 0;
}
