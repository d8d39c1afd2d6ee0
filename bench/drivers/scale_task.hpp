#pragma once

#include "protocol.hpp"
#include <paddock/paddock.hpp>

#include <string>

namespace bench {

/// Holds IN_FLIGHT keys at once and lets them go again, each for some more times where they are
/// few. MORE: the bytes allocated for all of them together while they are held, and the
/// microseconds of processor time for one lock with its release.
measured hold_many(paddock::session& session, const std::string& root, const task& wanted);

} // namespace bench
