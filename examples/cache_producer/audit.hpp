#pragma once

#include "product.hpp"
#include "product_cache.hpp"
#include "section_log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cache_producer {

/// One write as the cache recorded it, in the order in which Redis executed them.
struct write_record {
    verdict result{verdict::written};
    std::string product;
    std::int64_t token{0};
};

/// What is left after a run, read from the stores themselves and not from the producers' word.
struct evidence {
    bool locking{true};
    bool fencing{true};

    std::vector<product_row> rows;
    std::map<std::string, cached_entry> cached;
    std::vector<section_record> sections;
    std::vector<write_record> writes;

    std::size_t messages{0};
    std::size_t unacked{0}; ///< delivered and not acknowledged, or never delivered
    std::size_t dead_letters{0};
    std::size_t dead_letters_expected{0};
    std::vector<std::string> orphans; ///< contender znodes that outlived their sessions

    /// How long after the kill the dead instance's lock was granted to somebody else.
    std::optional<std::chrono::milliseconds> freed_after;
    std::chrono::milliseconds freed_after_min{0}; ///< sooner, and it was not protected until then
    std::chrono::milliseconds freed_after_max{0};
};

struct invariant {
    std::string promise;
    std::string found;
    bool holds{false};
};

struct audit_report {
    std::size_t mismatches{0};       ///< products whose cached value is not the newest row
    std::size_t double_holders{0};   ///< entries into a section in which somebody else was
    std::size_t token_inversions{0}; ///< writes accepted with a lower token after a higher one
    std::size_t sections{0};
    std::size_t sections_lost{0};
    std::size_t rebuilds{0}; ///< entries written because a read missed them
    std::size_t writes_accepted{0};
    std::size_t stale_writes_refused{0};
    std::size_t fenced_writes_refused{0};
    std::vector<invariant> invariants;
    std::vector<std::string> findings; ///< the first ones, in words, with product and token

    bool passed() const;
};

/// How many findings a report spells out; the counts go on.
inline constexpr std::size_t findings_max = 10;

/// Checks every invariant. A pure function, so that planted faults can show that it notices them.
///
/// Two sections of one product that overlap in the log are two holders at once, with one exception:
/// a section that was lost, or whose instance was killed inside, ended when its session did. It may
/// seem to overlap with a later one if that has a higher token and an injected fault, which the log
/// shows, came before that one began.
audit_report audit(const evidence& found);

} // namespace cache_producer
