#pragma once

/// The errors with which lock calls may fail in a chaos run, and how histories number them.

#include "test/checker/report.hpp"
#include <paddock/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace paddock::test {

/// The value of a Paddock error, the negative one of any other; zero: none.
std::int64_t number_of(const error_code& ec);

/// What a call may fail with, and why. All others are bugs here: nothing is full or worn out, no
/// server asks for credentials, and a lock call is never in doubt.
std::vector<checker::expected_error> expected_errors();

/// How often calls failed with which error, as a table.
std::string table_of_refusals(const checker::summary& numbers);

} // namespace paddock::test
