#pragma once

/// What tests of locks share: roots of their own, sessions, and a look at what is left behind.

#include "test/support/four_letter.hpp"
#include "test/support/wait.hpp"
#include <paddock/paddock.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <set>
#include <string>

namespace paddock::test {

/// A znode path that no other test uses.
std::string random_root();

/// A configuration for the servers; a time-out of 10 s unless told otherwise, so that a busy
/// machine does not cost a session by accident.
session_config config_for(const std::string& hosts,
                          std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// Waits until the session is connected.
void connect(const session& client, source_line where = source_line::current());

/// How an attempt ended; success if it was granted, and the hold is let go of then. Waits for it.
error_code outcome_of(std::future<hold>& attempt);

/// The contenders below `root`, as the server knows them.
std::set<std::string> contenders_below(const endpoint& server, const std::string& root);

/// Deletes a znode, as an operator would.
void delete_node(const endpoint& server, const std::string& path);

/// Waits until nothing of a session's attempts is left: no contender, no watch, no request.
void wait_until_clean(const session& client, source_line where = source_line::current());

} // namespace paddock::test
