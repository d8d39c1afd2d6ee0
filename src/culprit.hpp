#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace paddock::detail {

/// The operation that a transaction failed through, from the error of each and that of the whole;
/// none where no operation is to blame.
///
/// Before the culprit the errors are zero, behind it `inconsistent`. An error in the head of the
/// answer is none of an operation: it stands in all of them, also when the connection was lost, and
/// may come after the transaction was carried out. Pure.
/// Source: zookeeper.c, deserialize_multi and cleanup_failed_multi.
std::optional<std::size_t> culprit_of(const std::vector<int>& errors, int whole, int inconsistent);

} // namespace paddock::detail
