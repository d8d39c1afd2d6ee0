#pragma once

#include "protocol.hpp"
#include <paddock/paddock.hpp>

#include <string>

namespace bench {

/// One thread locks and releases IN_FLIGHT keys in turn that are all retained: nothing is sent.
/// MORE: the median of single locks with their releases, in microseconds.
///
/// Throws if they turned out not to be retained.
measured lock_retained(paddock::session& session, const std::string& root, const task& wanted);

/// One thread asks a hold whether it is held. MORE: the median time of a thousand times, in
/// microseconds.
measured ask_held(paddock::session& session, const std::string& root, const task& wanted);

} // namespace bench
