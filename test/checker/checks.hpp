#pragma once

/// The rules, one function for each group of them. Each takes the story of one key, reports what
/// breaks its rules, and adds to the numbers.

#include "test/checker/story.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace paddock::checker {

/// `one_believer`, `hold_ends`.
void check_holds(const key_story& story, const context& with);

/// `token_unique` within the key, `token_order`, `fifo`.
void check_tokens(const key_story& story, const context& with);

/// `write_order`, `write_token`, `write_refusal`.
void check_writes(const key_story& story, const context& with);

/// `increments`.
void check_increments(const key_story& story, const context& with);

/// `answered`, `resolved`, `limit`.
void check_answers(const key_story& story, const context& with);

/// `error_cause`.
void check_errors(const key_story& story, const context& with);

/// `idle_key`.
void check_idle(const key_story& story, const context& with);

/// `lost_signal`.
void check_losses(const key_story& story, const context& with);

/// When each client was first granted what it had asked for once faults were over, for `served`.
class service_ledger {
public:
    void add(const key_story& story, const world& facts);
    void check(const context& with) const;

    std::size_t clients() const noexcept { return first_grants_.size(); }

private:
    std::unordered_map<client_id, std::chrono::nanoseconds> first_grants_;
};

/// The tokens of all keys, for `token_unique` between them.
class token_ledger {
public:
    void add(key_id key, const key_story& story);
    void check(const history& all, const context& with);

private:
    struct entry {
        std::int64_t token;
        key_id key;
        client_id client;
    };

    std::vector<entry> entries_;
};

/// A key as it stands in reports.
std::string title(const history& all, key_id key);

} // namespace paddock::checker
