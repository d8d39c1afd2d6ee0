#pragma once

#include "section_log.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace cache_producer {

/// One stay in a critical section, put together from its lines of the log.
struct section {
    std::string instance;
    std::string product;
    std::int64_t token{0};
    std::size_t entered{0}; ///< position in the log
    std::size_t ended{0};   ///< position in the log; its size, if there is no end
    bool left{false};       ///< with the lock still held, as far as its instance knew
    bool lost{false};
    std::string outcome{};
};

std::vector<section> sections_of(const std::vector<section_record>& log);

/// The pairs that were inside one product's section at once (see `audit`), in words.
std::vector<std::string> double_holders(const std::vector<section>& sections,
                                        const std::vector<section_record>& log);

} // namespace cache_producer
