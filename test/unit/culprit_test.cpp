#include "src/culprit.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <vector>

using paddock::detail::culprit_of;

TEST_CASE("an error of one operation blames it, one of the whole answer blames none",
          "[unit][adapter]")
{
    constexpr int no_node = -101;
    constexpr int lost = -4;
    constexpr int after = -2;
    struct row {
        std::vector<int> errors;
        int whole;
        std::optional<std::size_t> culprit;
    };
    const std::vector<row> rows{
        {{no_node, after, after}, no_node, 0},
        {{0, no_node, after}, no_node, 1},
        {{0, 0, no_node}, no_node, 2},
        {{no_node}, no_node, 0},
        {{no_node, no_node, no_node}, no_node, std::nullopt}, // in the head of the answer
        {{lost, lost}, lost, std::nullopt},
        {{0, 0, 0}, no_node, std::nullopt}, // never sent
        {{0, no_node, after}, lost, std::nullopt},
        {{0, no_node, 0}, no_node, std::nullopt},
        {{}, no_node, std::nullopt},
    };

    for (const auto& [errors, whole, culprit] : rows) {
        CAPTURE(errors, whole);
        CHECK(culprit_of(errors, whole, after) == culprit);
    }
}
