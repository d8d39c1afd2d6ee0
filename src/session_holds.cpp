// How holds of a session begin and end.

#include "src/hold_number.hpp"
#include "src/log.hpp"
#include "src/reaper.hpp"
#include "src/session_core.hpp"
#include "src/tenure.hpp"

#include <string>
#include <utility>

namespace paddock::detail {
namespace {

constexpr int verify_part = 32; // of the time-out: how long to wait before asking again

// With the token of the first of its holds: one that is retained has others after it.
void log_step(const char* step, const tenure& of)
{
    if (log_enabled(log_level::debug)) // spares the text
        log_debug("hold on \"" + of.who().key + "\" " + step + ", token " +
                  std::to_string(token_of(of.who().czxid, 0).value()));
}

} // namespace

std::shared_ptr<grant>
session_core::begin_tenure(tenure::identity who, tenure::terms how, contenders::id contender)
{
    auto begun = std::make_shared<tenure>(
        shared_from_this(), published_, belief_least(), std::move(who), how);
    begun->contender_id = contender;
    contenders_.replace(contender, begun);
    tenures_.emplace(contender, begun);
    log_step("is granted", *begun);
    auto granted = begun->begin();
    if (how.max_hold.count() != 0)
        watch_max_hold(begun);
    return granted;
}

// One timer for all holds of a tenure, looking again at the end of the one it finds: those that are
// taken again and again never come here.
void session_core::watch_max_hold(const std::shared_ptr<tenure>& of)
{
    const auto present = of->present();
    const auto due = present ? present->expires() : io_->now() + of->how().max_hold;
    of->hold_timer = io_->call_at(due, [this, of, present] {
        if (present)
            lose(of, true, "max_hold has passed", present.get());
        if (!of->is_over())
            watch_max_hold(of);
    });
}

void session_core::watch_age(const std::shared_ptr<tenure>& kept)
{
    const auto due = kept->keeping_expires();
    if (!due)
        return; // until the next release
    kept->keeping_timer = io_->call_at(*due, [this, kept] {
        if (kept->give_way_to_age())
            end_tenure(kept, true, nullptr);
        else
            watch_age(kept);
    });
}

void session_core::end_tenure(const std::shared_ptr<tenure>& ended,
                              bool was_held,
                              std::function<void(error_code)> gone)
{
    log_step("is released", *ended);
    if (gone && !was_held) {
        gone = [gone = std::move(gone)](error_code ec) {
            gone(ec ? ec : make_error_code(errc::hold_lost));
        };
    }
    const auto& who = ended->who();
    reap({who.epoch, who.parent(), {}, who.name(), std::move(gone)});
    drop(ended);
}

void session_core::give_way(const std::shared_ptr<tenure>& wanted)
{
    if (wanted->give_way())
        end_tenure(wanted, true, nullptr);
}

void session_core::expire_holds()
{
    if (tenures_.empty())
        return;
    const auto tenures = tenures_;
    for (const auto& [id, each] : tenures)
        lose(each, true, "nothing was committed for it in time");
    if (connected_)
        set_state(session_state::suspended,
                  errc::in_doubt,
                  "the ensemble committed nothing for this session in time");
}

// Where it passed for all, this does what the timer of the deadline would do, which may come
// behind.
void session_core::end_lapsed(const std::shared_ptr<grant>& granted)
{
    if (io_->now() >= belief_.deadline())
        expire_holds();
    if (granted->now() != grant::phase::lapsed)
        return;
    const bool by_max_hold = io_->now() >= granted->expires();
    lose(granted->of(),
         true,
         by_max_hold ? "max_hold has passed" : "its deadline had passed when asked",
         granted.get());
}

void session_core::found_missing(const std::shared_ptr<tenure>& which)
{
    lose(which, false, "its znode was deleted");
}

// With `only` the end of that hold, and of nothing that came after it.
void session_core::lose(const std::shared_ptr<tenure>& ended,
                        bool reap_node,
                        const char* why,
                        const grant* only)
{
    const auto served = ended->end(only);
    if (!served && !ended->is_over())
        return; // it serves another hold, or none
    drop(ended);
    if (!served)
        return; // released, or lost before
    const auto& who = ended->who();
    if (const auto& granted = *served) {
        if (!granted->lose())
            return; // its release is under way, and does the rest
        ++counters.holds_lost;
        log_warn("hold on \"" + who.key + "\" is lost, token " +
                 std::to_string(granted->token().value()) + ": " + why);
        granted->tell_waiters(errc::hold_lost);
    }
    if (reap_node)
        reap({who.epoch, who.parent(), {}, who.name()});
}

void session_core::reap(doomed_contender node)
{
    reaper_->take(std::move(node));
}

void session_core::drop(const std::shared_ptr<tenure>& ended)
{
    if (tenures_.erase(ended->contender_id) == 0)
        return;
    delist(ended->contender_id);
    io_->cancel(ended->hold_timer);
    io_->cancel(ended->keeping_timer);
    for (const auto& tell : std::exchange(ended->when_over, {}))
        tell();
}

void session_core::settle(const std::shared_ptr<tenure>& passing,
                          bool may_be_kept,
                          const tenure::confirm& gone)
{
    const auto then = passing->settle(may_be_kept);
    if (then == tenure::after_hold::over)
        return end_tenure(passing, true, gone);
    if (then == tenure::after_hold::kept_first)
        watch_age(passing);
    if (gone)
        gone({});
}

void session_core::verify(const std::shared_ptr<grant>& granted,
                          std::function<void(error_code)> done)
{
    if (!granted->held()) {
        done(errc::hold_lost);
        return;
    }
    check(granted->of()->who().epoch,
          {granted->path()},
          [self = shared_from_this(), granted, done = std::move(done)](const reply& answer,
                                                                       const multi_outcome&) {
              if (answer.code == reply_code::ok) {
                  done(granted->held() ? error_code() : make_error_code(errc::hold_lost));
                  return;
              }
              if (answer.code != reply_code::no_node) {
                  self->verify_later(granted, done);
                  return;
              }
              self->found_missing(granted->of());
              done(errc::hold_lost);
          });
}

// A check does no harm twice, and without an answer the hold itself is lost soon: so this ends.
void session_core::verify_later(const std::shared_ptr<grant>& granted,
                                std::function<void(error_code)> done)
{
    io_->call_at(io_->now() + timeout_ / verify_part,
                 [self = shared_from_this(), granted, done = std::move(done)] {
                     self->verify(granted, done);
                 });
}

} // namespace paddock::detail
