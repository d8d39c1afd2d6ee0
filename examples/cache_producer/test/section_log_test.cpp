#include "section_log.hpp"
#include "temporary_folder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace cache_producer;

TEST_CASE("a section log gives back what was appended, in its order", "[unit][section_log]")
{
    const temporary_folder folder;
    const auto file = folder.path() / "log";
    section_log log(file);

    log.append({section_step::enter, "p1", 7, "p0042", 4'294'967'301, "", {}});
    log.append({section_step::leave, "p1", 7, "p0042", 4'294'967'301, "written", {}});
    log.append({section_step::ensemble, "", 0, "", 0, "", {}});

    const auto records = read_section_log(file);
    REQUIRE(records.size() == 3);
    CHECK(records[0].step == section_step::enter);
    CHECK(records[0].instance == "p1");
    CHECK(records[0].section == 7);
    CHECK(records[0].product == "p0042");
    CHECK(records[0].token == 4'294'967'301);
    CHECK(records[0].note.empty());
    CHECK(records[1].note == "written");
    CHECK(records[1].at >= records[0].at);
    CHECK(records[2].instance.empty());
}

TEST_CASE("lines that many threads append stay whole", "[unit][section_log]")
{
    const temporary_folder folder;
    const auto file = folder.path() / "log";
    {
        std::vector<std::jthread> writers;
        for (int i = 0; i < 4; ++i) {
            writers.emplace_back([&file, i] {
                section_log log(file); // one each, as processes have
                for (std::uint64_t n = 1; n <= 500; ++n)
                    log.append({section_step::enter,
                                std::string("p").append(std::to_string(i)),
                                n,
                                "x",
                                1,
                                "",
                                {}});
            });
        }
    }

    CHECK(read_section_log(file).size() == 2'000);
}

TEST_CASE("a damaged section log is refused, not skipped", "[unit][section_log]")
{
    const temporary_folder folder;
    const auto file = folder.path() / "log";
    for (const auto* text : {"12 enter p1 1 x", "12 dance p1 1 x 5 -", "x enter p1 1 x 5 -"}) {
        std::ofstream(file) << text << "\n";

        CAPTURE(text);
        CHECK_THROWS_AS(read_section_log(file), std::runtime_error);
    }
}
