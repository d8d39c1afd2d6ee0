// Every fuzz target over its checked-in inputs: what fuzzing found once stays found, and builds
// without libFuzzer have the targets compiled.

#include "test/fuzz/fuzz.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using paddock::fuzz::input;

namespace {

std::vector<std::uint8_t> bytes_of(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void replay(const std::string& name, void (*target)(input))
{
    std::size_t inputs = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(std::string(PADDOCK_FUZZ_CORPUS "/") + name)) {
        CAPTURE(file.path().string());
        const auto bytes = bytes_of(file.path());
        REQUIRE_NOTHROW(target(input(bytes)));
        ++inputs;
    }
    CHECK(inputs > 0);
    REQUIRE_NOTHROW(target(input({}))); // no bytes are an input too
}

} // namespace

TEST_CASE("no input that fuzzing kept breaks a promise", "[unit][fuzz]")
{
    struct row {
        const char* name;
        void (*target)(input);
    };
    const row rows[] = {{"belief", paddock::fuzz::belief},
                        {"config", paddock::fuzz::config},
                        {"connect_pacer", paddock::fuzz::connect_pacer},
                        {"contenders", paddock::fuzz::contenders},
                        {"hosts", paddock::fuzz::hosts},
                        {"keys", paddock::fuzz::keys},
                        {"lock_machine", paddock::fuzz::lock_machine},
                        {"node_names", paddock::fuzz::node_names},
                        {"pending_calls", paddock::fuzz::pending_calls},
                        {"request_queue", paddock::fuzz::request_queue},
                        {"watch_table", paddock::fuzz::watch_table},
                        {"wire", paddock::fuzz::wire}};

    for (const auto& [name, target] : rows)
        replay(name, target);
}
