#pragma once

#include "src/tenure.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace paddock::detail {

/// A call of a lock object that stands in line in its own process.
class heir {
public:
    virtual ~heir() = default;
    /// The key is handed to it.
    virtual void inherit(std::shared_ptr<grant> granted) = 0;
    /// It is the first in line now, and has to queue at the ensemble.
    virtual void lead() = 0;
};

/// The calls of one lock object, a line for each key: one of them queues at the ensemble, for all.
///
/// What it is granted passes along the line, in the order of arrival, a bounded number of times;
/// then its contender goes, whoever else is in the ensemble's queue gets his turn, and the next in
/// line queues at its end. Threads: the I/O thread. Source: lock cohorting; Dice, Marathe, Shavit
/// (2012).
class handoff : public std::enable_shared_from_this<handoff> {
public:
    struct limits {
        unsigned passes{0};    ///< of one contender
        std::size_t length{0}; ///< of a line
    };
    explicit handoff(limits bounds) : bounds_(bounds) {}

    enum class standing {
        leads,     ///< nobody is in front: it queues at the ensemble
        in_line,   ///< it will hear
        inherited, ///< it has heard already
        taken,     ///< somebody has the key, or waits for it, and it may not wait
        no_room,   ///< the line is full
    };
    standing join(const std::string& key, const std::shared_ptr<heir>& who, bool may_wait);
    /// Who leads was granted the key, with a contender that serves the line.
    void begin(const std::string& key, const std::shared_ptr<tenure>& granted);
    /// It waits no longer, whether it leads or not; allowed when it never did.
    void leave(const std::string& key, const heir* who);

private:
    struct line {
        const heir* leader{nullptr};              ///< while it queues
        std::shared_ptr<tenure> served;           ///< while it has the key
        std::list<std::shared_ptr<heir>> waiting; ///< which takes nothing while it is empty
    };

    static bool is_taken(const line& at);
    void pass(const std::string& key,
              const std::shared_ptr<tenure>& served,
              const tenure::confirm& gone);
    void next_leads(const std::string& key);

    const limits bounds_;
    std::unordered_map<std::string, line> lines_;
};

} // namespace paddock::detail
