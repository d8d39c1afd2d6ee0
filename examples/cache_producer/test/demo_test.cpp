// Whole runs of the demo, as short as its faults let them be.

#include "demo/child_process.hpp"
#include "temporary_folder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

using namespace cache_producer;
using namespace std::chrono_literals;

namespace {

struct result {
    int exit_code{-1};
    nlohmann::json report;
};

std::string text_of(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::string last_line(const std::string& text)
{
    std::istringstream in(text);
    std::string last;
    for (std::string line; std::getline(in, line);)
        last = line;
    return last;
}

result run_demo(std::initializer_list<const char*> arguments)
{
    const temporary_folder folder;
    child_options options;
    options.argv = {DEMO_PROGRAM,
                    "--json",
                    "--events",
                    "2000",
                    "--ensemble-script",
                    ENSEMBLE_SCRIPT,
                    "--work-folder",
                    (folder.path() / "run").string()};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.log = folder.path() / "log";
    options.output = folder.path() / "out";
    options.death_signal = SIGTERM; // so that it can end what it has started
    const int code = run_to_end(std::move(options), 300s);

    UNSCOPED_INFO(text_of(folder.path() / "log"));
    return {code, nlohmann::json::parse(last_line(text_of(folder.path() / "out")), nullptr, false)};
}

} // namespace

TEST_CASE("a run with locks and fencing keeps every promise", "[demo]")
{
    const auto run = run_demo({});

    REQUIRE(run.exit_code == 0);
    const auto& report = run.report;
    CHECK(report.at("passed") == true);
    CHECK(report.at("events") >= 2'000);
    CHECK(report.at("products") == 500);
    CHECK(report.at("instances") == 3);
    CHECK(report.at("kills") == 1);
    CHECK(report.at("leader_restarts") == 1);
    CHECK(report.at("stale_writes_refused") > 0);
    CHECK(report.at("fenced_writes_refused") > 0);
    CHECK(report.at("late_write") == "fenced");
    CHECK(report.at("stopped_for_ms") > 4'000);
    CHECK(report.at("rebuilds") > 0);
    for (const auto* none :
         {"double_holders", "token_inversions", "mismatches", "unacked", "orphans"}) {
        CAPTURE(none);
        CHECK(report.at(none) == 0);
    }
    CHECK(report.at("seconds") > 0);
}

TEST_CASE("a run without locks has two holders at once, and the audit says so", "[demo]")
{
    const auto run = run_demo({"--no-lock"});

    REQUIRE(run.exit_code == 1);
    CHECK(run.report.at("passed") == false);
    CHECK(run.report.at("double_holders") > 0);
    CHECK(run.report.at("mismatches") > 0); // the evicted entry had the version that would refuse
}

TEST_CASE("a run without fencing lets a late write through, and the audit says so", "[demo]")
{
    const auto run = run_demo({"--no-fence"});

    REQUIRE(run.exit_code == 1);
    CHECK(run.report.at("passed") == false);
    CHECK(run.report.at("late_write") == "written");
    CHECK(run.report.at("token_inversions") > 0);
    CHECK(run.report.at("mismatches") > 0);
}

TEST_CASE("a run without both leaves old values in the cache", "[demo]")
{
    const auto run = run_demo({"--no-lock", "--no-fence"});

    REQUIRE(run.exit_code == 1);
    CHECK(run.report.at("double_holders") > 0);
    CHECK(run.report.at("mismatches") > 0);
}
