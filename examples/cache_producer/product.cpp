#include "product.hpp"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace cache_producer {

std::string stamp_of(const product_row& row)
{
    std::array<char, 48> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%019lld.%019lld",
                  static_cast<long long>(row.modify_time),
                  static_cast<long long>(row.version));
    return text.data();
}

std::string to_json(const change_event& event)
{
    return nlohmann::json{{"productId", event.product_id}, {"version", event.version}}.dump();
}

change_event change_event_from(std::string_view json)
{
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("productId") || !parsed["productId"].is_string())
        throw std::invalid_argument("not a change event: " + std::string(json));
    const auto version = parsed.value("version", nlohmann::json(0));
    return {parsed["productId"].get<std::string>(),
            version.is_number_integer() ? version.get<std::int64_t>() : 0};
}

} // namespace cache_producer
