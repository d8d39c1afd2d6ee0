#include "test/calibration/calibrate.hpp"

#include "test/calibration/real_bench.hpp"
#include "test/calibration/simulated_bench.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <string>

namespace paddock::calibration {

namespace {

using lines = std::vector<std::string>;
using scenario = std::function<void(script&)>;

// Enough that chance alone does not make a simulated history fit; they take milliseconds each.
constexpr std::uint64_t seeds = 10;

lines play(bench& where, bool late, const scenario& what)
{
    const auto root = late ? late_path : "/calibration-" + std::to_string(std::random_device{}());
    history seen(root);
    try {
        if (late)
            where.make_late_node();
        else
            where.make_node(root);
        script actors(where, seen);
        what(actors);
    } catch (const std::exception& error) {
        seen.note(0, std::string("stopped: ") + error.what());
    }
    return seen.lines();
}

lines play_for_real(place where, const scenario& what)
{
    if (where == place::three_servers) {
        three_real_servers servers;
        return play(servers, false, what);
    }
    one_real_server servers;
    return play(servers, where == place::late_node, what);
}

bool went_as_planned(const lines& history)
{
    return std::none_of(history.begin(), history.end(), [](const std::string& line) {
        return line.starts_with("script: ") && !line.ends_with(": in time");
    });
}

// Printed here: the test runner would break the lines.
const char* shown(const lines& real, const lines& simulated)
{
    std::printf("real, and what only it has <; > what only the simulated has\n%s",
                side_by_side(real, simulated).c_str());
    return "; the histories are above";
}

} // namespace

void calibrate(place where, const scenario& what)
{
    if (where == place::three_servers && !test::netns_ensemble::available())
        SKIP(test::netns_ensemble::unavailable_reason());

    const auto real = play_for_real(where, what);

    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        simulated_bench servers(where == place::three_servers ? 3 : 1, seed);
        const auto simulated = play(servers, where == place::late_node, what);
        if (simulated != real)
            FAIL("the simulated ensemble differs from seed " << seed << shown(real, simulated));
    }
    if (!went_as_planned(real))
        FAIL("both kept the same wrong bounds" << shown(real, real));
}

} // namespace paddock::calibration
