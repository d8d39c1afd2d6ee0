#pragma once

#include "src/zk_client.hpp"
#include "test/simulation/random_source.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paddock::simulation {

using detail::nanoseconds;
using detail::time_point;
using task = std::function<void()>;
using namespace std::chrono_literals;

class world;

/// A machine's process, a server or a client: what is to happen there happens while it runs.
///
/// A stopped host does what became due meanwhile when it goes on, in order; a killed one never,
/// also after its restart.
class host {
public:
    host(world& where, std::string name);
    virtual ~host();
    host(const host&) = delete;
    host& operator=(const host&) = delete;

    const std::string& name() const noexcept { return name_; }
    bool alive() const noexcept { return alive_; }
    bool paused() const noexcept { return paused_; }
    /// Alive and not stopped.
    bool runs() const noexcept { return alive_ && !paused_; }

    void pause();
    void resume();
    /// Forgets all that was to happen here. The derived class lets go of its own state.
    void kill();
    void restart();

protected:
    /// Runs after each task of this host.
    virtual void settle() {}
    world& world_;

private:
    friend class world;
    const std::string name_;
    std::uint64_t life_{1}; // raised at each end, so that what was due before is known for old
    bool alive_{true};
    bool paused_{false};
    std::deque<std::uint64_t> backlog_; // events that came due while it was stopped
};

/// Virtual time, the events in it, chance, and the record of what happened.
///
/// One thread. Events at one time happen in the order in which they were arranged. The hash of the
/// record is the same for the same seed, on every compiler.
class world {
public:
    using event_id = std::uint64_t; ///< never 0

    explicit world(std::uint64_t seed);
    ~world();

    time_point now() const noexcept { return now_; }
    random_source& chance() noexcept { return chance_; }

    event_id at(time_point when, task work) { return arrange(when, nullptr, std::move(work)); }
    event_id after(nanoseconds delay, task work) { return at(now_ + delay, std::move(work)); }
    /// At a host, if it lives and runs then.
    event_id at(host& where, time_point when, task work)
    {
        return arrange(when, &where, std::move(work));
    }
    /// Forgets an event; one that has happened or was forgotten is allowed.
    void cancel(event_id event);

    /// Lets the next event happen; false: there is none.
    bool step();
    /// Lets everything happen up to `end`, unless `stop()` comes first, and sets the time to it.
    void run_until(time_point end);
    /// Ends `run_until` after this event.
    void stop() noexcept { stopped_ = true; }

    /// Keeps something until everything else of the world has gone.
    void keep(std::shared_ptr<void> what) { kept_.push_back(std::move(what)); }

    /// Runs after every event: the invariants that hold at all times.
    std::function<void()> after_each;

    /// Adds to the record: what happened, to whom, and figures.
    void
    note(std::string_view what, std::string_view who, std::uint64_t a = 0, std::uint64_t b = 0);
    /// For people who read the record; not part of it, so that looking changes nothing.
    void tell(std::string_view who, const std::string& what) const;
    /// The record as text, line by line, for people; empty: none.
    std::function<void(std::string)> narrator;
    std::uint64_t trace_hash() const noexcept { return hash_; }
    std::uint64_t events_seen() const noexcept { return happened_; }

private:
    friend class host;
    struct slot {
        task work;
        host* where{nullptr};
        std::uint64_t life{0};
        std::uint32_t generation{0};
        bool used{false};
    };
    struct entry {
        time_point when;
        std::uint64_t order;
        std::uint32_t slot;
        bool operator<(const entry& other) const noexcept // the earliest is the largest: a max-heap
        {
            return when != other.when ? when > other.when : order > other.order;
        }
    };

    event_id arrange(time_point when, host* where, task work);
    void happen(std::uint32_t index);
    void release(std::uint32_t index);
    void mix(std::uint64_t value) noexcept;

    std::vector<std::shared_ptr<void>> kept_; // first, so that it goes last
    time_point now_{std::chrono::seconds(1'000)};
    random_source chance_;
    std::vector<entry> heap_;
    std::vector<slot> slots_;
    std::vector<std::uint32_t> free_;
    std::uint64_t order_{0};
    std::uint64_t happened_{0};
    std::uint64_t hash_{0xcbf29ce484222325};
    bool stopped_{false};
};

} // namespace paddock::simulation
