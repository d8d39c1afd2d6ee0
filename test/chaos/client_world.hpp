#pragma once

/// What the workers of one client process share.

#include "test/chaos/attempt_plan.hpp"
#include "test/chaos/attempt_record.hpp"
#include "test/chaos/client_options.hpp"
#include "test/chaos/resource_protocol.hpp"
#include <paddock/keyed_mutex.hpp>
#include <paddock/session.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace paddock::test {

/// A session and the locks made from it.
struct lock_set {
    explicit lock_set(const client_options& options);

    /// Any but `lock_object::plain`, which has an object for each key.
    keyed_mutex& locks(lock_object which);

    session owner;
    keyed_mutex keyed;
    keyed_mutex brief; // on the same queues, as the next
    keyed_mutex kept;
};

/// Sessions that can be replaced while workers use them.
///
/// Threads: any.
class lock_sets {
public:
    lock_sets(const client_options& options, std::size_t count);

    std::shared_ptr<lock_set> get(std::size_t place) const;

    /// Puts a new session in the place of another one, and returns that, to be closed.
    std::shared_ptr<lock_set> replace(std::size_t place);

    std::size_t size() const noexcept { return sets_.size(); }

private:
    const client_options& options_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<lock_set>> sets_;
};

struct client_world {
    explicit client_world(const client_options& wanted);

    client_options options;
    checker::history_file log;
    attempt_book book;
    key_choice keys;
    lock_sets sets;
    std::atomic<bool> stopping{false}; ///< no new attempt
    std::atomic<std::size_t> working; ///< workers that have not ended, and the replacer of sessions
};

/// The call to the resource that an attempt makes.
resource_request request_of(const client_world& world,
                            resource_call what,
                            std::size_t key,
                            const attempt_record& of);

/// How often a long stay looks whether it may go on.
inline constexpr std::chrono::milliseconds look_interval{10};

/// How long the signal of a loss may take before it counts as never sent: a stopped server or a
/// busy machine delays it by less.
inline constexpr std::chrono::seconds signal_limit{10};

/// What a worker does after an error before it tries again: an outage must not become a busy loop.
inline constexpr std::chrono::milliseconds error_pause{20};

} // namespace paddock::test
