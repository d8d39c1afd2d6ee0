#include "producer.hpp"

#include "pause_point.hpp"
#include "product.hpp"
#include "retry.hpp"
#include "stoppable_wait.hpp"
#include <paddock/error.hpp>
#include <paddock/hold.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace cache_producer {

namespace {

bool is_done(outcome value)
{
    return value == outcome::written || value == outcome::rebuilt || value == outcome::unchanged ||
           value == outcome::stale;
}

void log_line(const std::string& text)
{
    std::cerr << text + "\n"; // one write, so that lines of several workers stay whole
}

} // namespace

/// The stay in one product's critical section: the hold, and its lines in the log.
class producer::critical_section {
public:
    critical_section(producer_shared& shared,
                     const std::string& id,
                     std::optional<paddock::hold> hold)
        : shared_(shared), id_(id), number_(++shared.sections), hold_(std::move(hold))
    {
        append(section_step::enter, {});
    }

    critical_section(const critical_section&) = delete;
    critical_section& operator=(const critical_section&) = delete;

    ~critical_section()
    {
        try {
            leave();
        } catch (const std::exception& error) {
            log_line(std::string("section log: ") + error.what());
        }
    } // the hold is released here, after the last line

    /// Without a lock there is nothing to ask, and the work goes on.
    bool held() const { return !hold_ || hold_->held(); }

    paddock::token token() const { return hold_ ? hold_->token() : paddock::token(); }

    void became(outcome value) { outcome_ = value; }

private:
    void leave()
    {
        append(section_step::leave, to_string(outcome_));
        // Asked after the line was written: if the hold is believed now, nobody can have entered
        // before that line. Asked before it, a pause between the two would make the log lie.
        if (shared_.config.fencing && !held())
            append(section_step::lost, to_string(outcome_));
    }

    void append(section_step step, std::string_view note)
    {
        shared_.log.append(
            {step, shared_.config.name, number_, id_, token().value(), std::string(note), {}});
    }

    producer_shared& shared_;
    const std::string& id_;
    const std::uint64_t number_;
    const std::optional<paddock::hold> hold_;
    outcome outcome_{outcome::failed}; // what an exception leaves behind
};

producer::producer(producer_shared& shared)
    : shared_(shared), store_(shared.config.store), cache_(shared.config.redis, shared.config.name),
      pauses_(shared.config.redis), random_(std::random_device{}())
{
}

void producer::handle(const message& event, message_source& source, const std::stop_token& stop)
{
    std::string id;
    try {
        id = change_event_from(event.body).product_id;
    } catch (const std::invalid_argument& error) {
        source.dead_letter(event, error.what()); // no later delivery will make it readable
        return;
    }

    const auto& config = shared_.config;
    auto last = outcome::failed;
    for (unsigned attempt = 0; attempt < config.attempts_max; ++attempt) {
        last = refresh(id, outcome::written);
        if (is_done(last)) {
            source.acknowledge(event);
            return;
        }
        const auto pause =
            backoff(attempt, random_share(), config.backoff_first, config.backoff_most);
        if (last == outcome::unknown || !wait_or_stop(stop, pause))
            break; // a row that is missing now is a matter of seconds or of a mistake
    }
    if (event.deliveries >= config.deliveries_max)
        source.dead_letter(event, to_string(last));
    else
        source.retry_later(event);
}

std::optional<cached_entry> producer::get(const std::string& id)
{
    if (auto here = shared_.local.get(id, local_cache::clock::now()))
        return here;
    auto entry = cache_.peek(id);
    if (!entry && is_done(refresh(id, outcome::rebuilt)))
        entry = cache_.peek(id);
    if (entry) {
        keep_local(id, *entry);
        return entry;
    }
    // The lock was busy, or the entry is gone again: answer, and let somebody else fill the cache.
    const auto row = store_.read(id);
    return row ? std::optional(cached_entry{stamp_of(*row), row->payload}) : std::nullopt;
}

outcome producer::refresh(const std::string& id, outcome success)
{
    auto became = outcome::failed;
    try {
        became = lock_and_refresh(id, success);
    } catch (const std::exception& error) {
        log_line(id + ": " + error.what());
    }
    ++shared_.outcomes[static_cast<std::size_t>(became)];
    return became;
}

outcome producer::lock_and_refresh(const std::string& id, outcome success)
{
    std::optional<paddock::hold> hold;
    if (shared_.products) {
        paddock::error_code ec;
        hold = shared_.products->try_lock_for(id, shared_.config.lock_wait, ec);
        if (ec) {
            log_line(id + ": " + ec.message());
            return outcome::unreachable;
        }
        if (!hold) {
            log_line(id + ": the lock was not free within the lock wait");
            return outcome::busy;
        }
    }

    critical_section inside(shared_, id, std::move(hold));
    auto became = refresh_locked(inside, id);
    if (became == outcome::written)
        became = success;
    inside.became(became);
    return became;
}

outcome producer::refresh_locked(critical_section& inside, const std::string& id)
{
    const auto& config = shared_.config;

    // The row is fetched under the lock: one fetched before it may be older than what the holder
    // before us has written.
    const auto row = fetch(id);
    if (!row)
        return outcome::unknown;

    const auto cached = config.fencing ? cache_.read_locked(id, inside.token())
                                       : locked_read{false, cache_.peek(id)};
    if (cached.fenced)
        return outcome::fenced;
    if (cached.entry && cached.entry->stamp >= stamp_of(*row)) {
        keep_local(id, *cached.entry);
        return outcome::unchanged;
    }
    return write(inside, *row);
}

outcome producer::write(critical_section& inside, const product_row& row)
{
    const auto& config = shared_.config;
    const bool paused = config.pause_points &&
                        pause_if_armed(pauses_, row.id, {config.name, ::getpid(), inside.token()});

    // Saves the trip in nearly all cases; what slips through between this line and the write is for
    // the script to refuse. A section the demo paused stands for that: its write is on its way.
    if (config.fencing && !paused && !inside.held())
        return outcome::lost;

    auto result = verdict::written;
    if (config.fencing)
        result = cache_.write_if_newer(row, inside.token());
    else
        cache_.write_blindly(row, inside.token());
    if (paused)
        report_resumed(pauses_, row.id, to_string(result));

    if (result == verdict::fenced)
        return outcome::fenced;
    if (result == verdict::stale)
        return outcome::stale;
    keep_local(row.id, {stamp_of(row), row.payload});
    return outcome::written;
}

std::optional<product_row> producer::fetch(const std::string& id)
{
    auto row = store_.read(id);
    const auto most = static_cast<double>(shared_.config.fetch_time_max.count());
    wait_or_stop({}, std::chrono::microseconds(static_cast<long long>(random_share() * most)));
    return row;
}

void producer::keep_local(const std::string& id, cached_entry entry)
{
    shared_.local.put_if_newer(id, std::move(entry), local_cache::clock::now());
}

double producer::random_share()
{
    return std::uniform_real_distribution<double>(0, 1)(random_);
}

} // namespace cache_producer
