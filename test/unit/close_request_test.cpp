#include "src/close_request.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

using namespace paddock::detail;

namespace {

// The answer: length 16, the number of the request, zxid, no error.
std::vector<unsigned char> answer_to(const std::array<unsigned char, 12>& request)
{
    std::vector<unsigned char> bytes{0, 0, 0, 16};
    bytes.insert(bytes.end(), request.begin() + 4, request.begin() + 8);
    bytes.insert(bytes.end(), {0, 0, 0, 0, 0, 0, 1, 9});
    bytes.insert(bytes.end(), {0, 0, 0, 0});
    return bytes;
}

} // namespace

TEST_CASE("the request to close is one frame of eight bytes with its operation last",
          "[unit][close_request]")
{
    const auto request = close_request();
    const std::vector<unsigned char> length{0, 0, 0, 8};
    const std::vector<unsigned char> operation{0xff, 0xff, 0xff, 0xf5}; // -11

    CHECK(std::equal(length.begin(), length.end(), request.begin()));
    CHECK(std::equal(operation.begin(), operation.end(), request.begin() + 8));
    CHECK(request[4] < 0x80); // negative numbers are reserved
}

TEST_CASE("the answer to it is recognized, however it is cut up", "[unit][close_request]")
{
    const auto answer = answer_to(close_request());
    for (std::size_t noise = 0; noise < 50; ++noise) {
        for (std::size_t piece = 1; piece <= noise + answer.size(); ++piece) {
            std::vector<unsigned char> stream(noise, 0x5a); // the rest of something else
            stream.insert(stream.end(), answer.begin(), answer.end());
            close_answer seen;
            for (std::size_t at = 0; at < stream.size(); at += piece) {
                CHECK_FALSE(seen.complete());
                seen.feed(std::span(stream).subspan(at, std::min(piece, stream.size() - at)));
            }
            CHECK(seen.complete());
        }
    }
}

TEST_CASE("anything else is not taken for the answer", "[unit][close_request]")
{
    close_answer seen;
    CHECK_FALSE(seen.complete());
    auto answer = answer_to(close_request());
    answer.back() = 1; // an error
    seen.feed(answer);
    CHECK_FALSE(seen.complete());
    answer = answer_to(close_request());
    answer[5] ^= 1; // another request's
    seen.feed(answer);
    CHECK_FALSE(seen.complete());
}
