#include "test/checker/good_history.hpp"
#include "test/checker/history_text.hpp"
#include "test/checker/script.hpp"
#include "test/checker/situations.hpp"
#include "test/support/child_process.hpp"
#include "test/support/temp_folder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace paddock::checker;
using paddock::test::run_program;
using paddock::test::temp_folder;

namespace {

// What the program says; of one that fails, behind its exit code.
std::string says(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), PADDOCK_HISTORY_CHECK);
    try {
        return run_program(arguments);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

std::string save(const temp_folder& folder, const std::string& name, const history& all)
{
    const auto path = folder.path() / name;
    history_file(path).append(all);
    return path.string();
}

} // namespace

TEST_CASE("the program accepts good files, and prints their numbers", "[unit][checker]")
{
    const temp_folder folder;
    const auto good = says({save(folder, "a", make_good_history({}))});

    INFO(good);
    CHECK(has(good, " calls, "));
    CHECK(has(good, "\nno violations\n"));
}

TEST_CASE("the program judges several files as one history", "[unit][checker]")
{
    const temp_folder folder;
    const auto one =
        save(folder, "one", told_by("0 1.1 called; 1 1.1 granted #10; 7 1.1 released"));
    const auto two =
        save(folder, "two", told_by("0 2.1 called; 5 2.1 granted #11; 9 2.1 released"));

    CHECK(has(says({one}), "no violations"));
    CHECK(has(says({two}), "no violations"));
    const auto both = says({one, two});
    INFO(both);
    CHECK(has(both, "one_believer: key \"k\": client 2"));
    CHECK(has(both, "violations of one_believer: 1\n"));
    CHECK_FALSE(has(both, "no violations"));
    CHECK(has(says({"--without", "one_believer", one, two}), "no violations"));
}

TEST_CASE("the program forgives a torn end and says so", "[unit][checker]")
{
    const temp_folder folder;
    const auto path = save(folder, "torn", told_by(handover.script));
    std::ofstream(path, std::ios::app) << "9000000 call";

    const auto torn = says({path});

    CHECK(has(torn, "torn: the last line is torn"));
    CHECK(has(torn, "no violations"));
}

TEST_CASE("the program refuses wrong options and files", "[unit][checker]")
{
    const temp_folder folder;
    const auto good = save(folder, "good", told_by(handover.script));

    CHECK(has(says({}), "no file given"));
    CHECK(has(says({"--without", "order", good}), "there is no rule order"));
    CHECK(has(says({"--grants-min", "1x", good}), "takes a number"));
    CHECK(has(says({"--grants-min", "-1", good}), "takes a number"));
    CHECK(has(says({good, "--grants-min"}), "without its value"));
    CHECK(has(says({"--nonsense", "1", good}), "not an option"));
    CHECK(has(says({good + "-missing"}), "cannot be opened"));
    CHECK(has(says({"--grants-min", "3", good}), "violations of traffic: 1"));
}
