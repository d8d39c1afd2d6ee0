#include "src/close_request.hpp"
#include "src/zk_complaint.hpp"
#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paddock::fuzz {
namespace {

using stream = std::vector<unsigned char>;

// What ends in the answer, as zookeeper.jute writes it: length 16, our request number, a zxid of
// any value, no error.
bool ends_in_answer(const stream& all)
{
    constexpr std::size_t frame = 20;
    if (all.size() < frame)
        return false;
    const auto last = all.end() - frame;
    const auto request = detail::close_request();
    const std::array<unsigned char, 4> length{0, 0, 0, 16};
    const std::array<unsigned char, 4> no_error{};
    return std::equal(length.begin(), length.end(), last) &&
           std::equal(request.begin() + 4, request.begin() + 8, last + 4) &&
           std::equal(no_error.begin(), no_error.end(), last + 16);
}

// The stream comes in pieces of any size, and now and then ends in a genuine answer.
void check_close_answer(input bytes)
{
    stream all;
    detail::close_answer heard;
    while (!bytes.empty()) {
        const auto size = bytes.byte();
        stream piece;
        if (size == 0xFF) { // an answer, with whatever zxid and error follow
            const auto request = detail::close_request();
            piece = {0, 0, 0, 16};
            piece.insert(piece.end(), request.begin() + 4, request.begin() + 8);
            for (int left = 12; left > 0; --left)
                piece.push_back(bytes.byte());
        } else {
            for (int left = size % 64; left > 0; --left)
                piece.push_back(bytes.byte());
        }
        all.insert(all.end(), piece.begin(), piece.end());
        heard.feed(piece);
        require(heard.complete() == ends_in_answer(all),
                "the session is closed exactly when the answer came last");
    }
    detail::close_answer at_once;
    at_once.feed(all);
    require(at_once.complete() == heard.complete(), "pieces mean nothing");
    detail::close_answer drop_by_drop;
    for (const auto& drop : all)
        drop_by_drop.feed({&drop, 1});
    require(drop_by_drop.complete() == heard.complete(), "nor do single bytes");
}

void check_complaint(const std::string& line)
{
    const std::string_view said = line.c_str(); // as the C client hands it over
    detail::note_complaint(line.c_str());
    const auto kept = detail::last_complaint();
    require(said.ends_with(kept), "what is kept is the end of what was said");
    if (said.find(":ZOO_") == std::string_view::npos)
        require(kept == said, "a line of another form is kept as it is");
    detail::note_complaint(("2024-05-01 12:00:00,123:42(0x7f):ZOO_ERROR@f@1: " + kept).c_str());
    require(detail::last_complaint() == kept, "time and place are left out, and nothing else");
}

} // namespace

void wire(input bytes)
{
    check_close_answer(bytes);
    check_complaint(bytes.rest());
}

} // namespace paddock::fuzz
