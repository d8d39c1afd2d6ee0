#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace paddock::simulation {

/// What the locks guard: per key a counter behind a fence, as docs/fencing.md has it in Redis.
///
/// Reading shows the token too: else a write that was on its way before the reading would be
/// accepted after it, and what the reader counted on would be gone.
class resource {
public:
    struct entry {
        std::int64_t value{0};
        std::int64_t highest_token{0};
    };

    /// Empty-handed below the highest token that was shown.
    bool read(const std::string& key, std::int64_t token, std::int64_t& value)
    {
        auto& at = entries_[key];
        if (token < at.highest_token)
            return false;
        at.highest_token = token;
        value = at.value;
        return true;
    }

    bool write(const std::string& key, std::int64_t token, std::int64_t value)
    {
        auto& at = entries_[key];
        if (token < at.highest_token)
            return false;
        at.highest_token = token;
        at.value = value;
        return true;
    }

    const std::map<std::string, entry>& entries() const noexcept { return entries_; }

private:
    std::map<std::string, entry> entries_;
};

} // namespace paddock::simulation
