#pragma once

#include <string>
#include <string_view>

namespace cache_producer {

/// What a ZooKeeper server on this machine answers to one of its four-letter words; empty, if it
/// does not answer within two seconds.
///
/// Source: ZooKeeper Administrator's Guide, "The Four Letter Words".
std::string four_letter(int port, std::string_view word);

} // namespace cache_producer
