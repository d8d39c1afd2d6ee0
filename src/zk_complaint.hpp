#pragma once

// What the C client writes to its log. It is the only place where it says why a server could not be
// reached, so the last line is kept for our own messages.

#include <string>

namespace paddock::detail {

/// The C client's log callback: it logs errors only, and one for each failed attempt to connect.
///
/// To a person that is worth a line per round, which zk_driver writes; so this goes to `debug`.
/// Threads: the I/O thread, as the C client.
void note_complaint(const char* line);

/// The last line, without its time and place.
const std::string& last_complaint();

} // namespace paddock::detail
