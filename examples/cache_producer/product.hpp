#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cache_producer {

/// A product as the store holds it, the source of truth.
struct product_row {
    std::string id;
    std::int64_t modify_time{0}; ///< milliseconds since 1970; two changes can share one
    std::int64_t version{0};     ///< rises with every change of the row: decides such ties
    std::string payload;

    bool operator==(const product_row&) const = default;
};

/// `modify_time` and `version` as one text of fixed width, which orders as the pair does.
///
/// A text, because the numbers of a Redis script are doubles, exact only up to 2^53.
std::string stamp_of(const product_row& row);

/// "Look at this product": what the queue carries. Its version is for people who read the queue;
/// a producer fetches the row, because a newer one may exist by now.
struct change_event {
    std::string product_id;
    std::int64_t version{0};
};

std::string to_json(const change_event& event);

/// Errors: `std::invalid_argument`, if the text is not a change event.
change_event change_event_from(std::string_view json);

} // namespace cache_producer
