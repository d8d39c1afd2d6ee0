#pragma once

#include "test/calibration/script.hpp"

#include <functional>

namespace paddock::calibration {

enum class place {
    one_server,
    late_node, ///< one server, and for a root the znode that has nearly used up its numbers
    three_servers,
};

/// Plays a scenario on a real ensemble and, from several seeds, on a simulated one. Every history
/// of the simulated must be that of the real.
void calibrate(place where, const std::function<void(script&)>& scenario);

} // namespace paddock::calibration
