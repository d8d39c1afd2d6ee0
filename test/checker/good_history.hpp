#pragma once

/// Random histories without a fault, of any size.

#include "test/checker/history.hpp"

#include <cstddef>
#include <cstdint>

namespace paddock::checker {

/// What happens in a made-up history. Of each hundred calls that many take such a course.
struct plan {
    std::uint32_t seed{1};
    std::size_t events{1'000}; ///< about that many
    std::size_t keys{10};
    std::uint32_t clients{20};
    unsigned limited{20}; ///< calls with a limit, which some of them exceed
    unsigned lost{5};     ///< holds that are lost, and signalled in time
    unsigned killed{2};   ///< holders that die
    unsigned killed_waiting{2};
    unsigned stopped{2};  ///< holders that stand still, and write too late
    unsigned writing{50}; ///< holds with writes and increments
};

/// A history that breaks no rule, sorted by time.
history make_good_history(const plan& how);

} // namespace paddock::checker
