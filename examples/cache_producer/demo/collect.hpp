#pragma once

#include "audit.hpp"
#include "demo/ensemble.hpp"
#include "redis.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace cache_producer {

struct evidence_places {
    redis_address redis;
    std::filesystem::path store;
    std::filesystem::path section_log;
    std::string lock_root;
};

/// Reads what a run has left in the stores. Errors: `std::runtime_error`.
evidence collect(const evidence_places& places,
                 const ensemble& servers,
                 std::chrono::milliseconds znodes_gone_within);

} // namespace cache_producer
