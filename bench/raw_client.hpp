#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

struct _zhandle; // NOLINT(bugprone-reserved-identifier): the C client's own name

namespace bench {

/// A lock by the single-threaded C client alone, as fast as it goes: one thread, poll(2), no
/// retries, nothing copied that is not needed. What Paddock is compared with.
///
/// Threads: one, and no session of Paddock alive meanwhile: the C client's handles share state that
///   has no locks.
/// Errors: every member throws `std::runtime_error`; a connection that fails ends the measurement.
class raw_client {
public:
    /// Connects to `server`, a numeric address and a port.
    raw_client(const std::string& server, std::chrono::milliseconds session_timeout);
    ~raw_client();
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    /// Takes the lock of the znode `parent`, which nobody else may want: one create and one
    /// listing, sent together. Gives the path of the contender.
    std::string lock(const std::string& parent);

    /// Deletes the contender and waits for the answer.
    void unlock(const std::string& contender);

    /// The same for many parents: one transaction of creates, each with a write to its parent,
    /// whose stat says that nobody else is there; and one of deletes.
    std::vector<std::string> lock_together(const std::vector<std::string>& parents);
    void unlock_together(const std::vector<std::string>& contenders);

    /// Asks whether the root exists, and waits for the answer: the shortest of all requests.
    void round_trip();

    /// Makes, or deletes, all of these znodes at once. Those that are there, or gone, are fine.
    void create_all(const std::vector<std::string>& paths);
    void remove_all(const std::vector<std::string>& paths);

private:
    struct callbacks;

    void wait();
    void turn(std::chrono::steady_clock::time_point limit);
    void sent(int rc, const char* what);
    void answered(int rc, int fine);

    _zhandle* zh_{nullptr};
    std::size_t awaited_{0}; ///< answers still to come
    int failure_{0};         ///< of an answer, the first
    std::string made_;
    int children_{0};
};

} // namespace bench
