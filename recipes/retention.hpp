#pragma once

#include "src/tenure.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace paddock::detail {

/// The keys of one lock object whose contenders outlive their holds: lock caching.
///
/// A key is in it from its grant until its contender is given up: somebody else queues for it, it
/// was not used for `retain_for`, others were used more recently, or it is lost.
/// Source: Burrows, "The Chubby lock service" (2006), 2.7.
class retention : public std::enable_shared_from_this<retention> {
public:
    explicit retention(std::size_t keys_max) : keys_max_(keys_max) {}
    /// Gives all up.
    ~retention();

    // Any thread.
    /// A hold on a key that is retained, without the ensemble. Null: it is not to be had so.
    std::shared_ptr<grant> take(std::string_view key);
    /// Whether a hold of this lock object is on the key.
    bool is_held(std::string_view key) const;

    // The I/O thread.
    /// Retains the key of a hold that begins, from its release on.
    void add(const std::shared_ptr<tenure>& begun);
    /// Somebody else of this process is about to queue for the key.
    void give_way(std::string_view key);

private:
    using by_use = std::list<std::shared_ptr<tenure>>; // the least recently used in front

    std::shared_ptr<tenure> find(std::string_view key) const;
    std::vector<std::shared_ptr<tenure>> insert(const std::shared_ptr<tenure>& begun);
    void forget(const tenure& ended);

    const std::size_t keys_max_;
    mutable std::mutex guard_;
    by_use tenures_;
    std::unordered_map<std::string_view, by_use::iterator> by_key_; // views of the tenures' own
};

} // namespace paddock::detail
