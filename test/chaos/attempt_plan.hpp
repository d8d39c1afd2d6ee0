#pragma once

/// What one lock attempt of a chaos client does, drawn from its seed.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace paddock::test {

/// How the lock is asked for.
enum class asking { lock, try_lock, try_lock_for };

/// Which of the objects of one queue is used.
enum class lock_object {
    keyed, ///< `keyed_mutex`
    brief, ///< `keyed_mutex` with a `max_hold` shorter than some stays
    kept,  ///< `keyed_mutex` that retains its keys, and hands them on in its process
    plain, ///< `mutex`, which only coroutines use: its blocking forms give no hold to watch
};

/// How the lock is given back.
enum class leaving { release, async_release, destructor };

struct attempt_plan {
    std::size_t key = 0;
    lock_object object = lock_object::keyed;
    asking how = asking::lock;
    std::chrono::milliseconds limit{0}; ///< of `try_lock_for`

    /// Cancel the call after this time, with total cancellation or the terminal one.
    std::optional<std::chrono::milliseconds> cancel_after{};
    bool cancel_totally = true;

    std::chrono::milliseconds stay{0}; ///< in the critical section, between read and write
    bool verify = false;               ///< ask the ensemble before the write
    bool write = true;

    /// Between the last look at `held()` and the write: what no lock can prevent, and tokens are
    /// for.
    std::chrono::milliseconds hesitate{0};
    leaving leave = leaving::release;

    /// What the call is given as its limit; zero for those that have none and for `try_lock`.
    std::chrono::milliseconds limit_of_call() const
    {
        return how == asking::try_lock_for ? limit : std::chrono::milliseconds::zero();
    }

    /// The limit within which the call must be answered; zero: none. A total cancellation takes it
    /// away: the call then completes when nothing of it is left, which may take an outage.
    std::chrono::milliseconds limit_of_answer() const
    {
        const bool total = cancel_after && cancel_totally;
        return total ? std::chrono::milliseconds::zero() : limit_of_call();
    }
};

/// Draws keys: number 0 every twentieth time, the others the more rarely the higher their number
/// (by the root of it), so that some keys have queues and most have none. More on one key, and
/// everybody would stand in its queue.
class key_choice {
public:
    explicit key_choice(std::size_t keys);
    std::size_t draw(std::mt19937_64& chance) const;

private:
    std::vector<double> sums_; // of the weights of keys 1, 2, ...
};

/// How long a hold of `lock_object::brief` lasts at most.
inline constexpr std::chrono::milliseconds brief_hold{150};

/// How long a key of `lock_object::kept` is retained: longer than it takes to want it again,
/// shorter than a fault.
inline constexpr std::chrono::milliseconds kept_for{200};

/// How often a key of `lock_object::kept` passes on before others have their turn.
inline constexpr unsigned handed_on_most = 4;

attempt_plan draw_attempt(std::mt19937_64& chance, const key_choice& keys, bool blocking);

} // namespace paddock::test
