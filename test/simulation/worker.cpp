#include "test/simulation/worker.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <bit>
#include <utility>

namespace paddock::simulation {

namespace asio = boost::asio;

worker::worker(program& owner, std::size_t session) : owner_(owner), session_(session) {}

void worker::start()
{
    think();
}

// ---- one attempt -------------------------------------------------------------------------------

void worker::think()
{
    doing_ = activity::thinking;
    idle_since_ = where().now();
    if (owner_.finishing_) {
        doing_ = activity::nothing;
        return;
    }
    later(pause(owner_.what_.think_max), &worker::call);
}

void worker::call()
{
    if (owner_.finishing_) {
        doing_ = activity::nothing;
        return;
    }
    const auto& what = owner_.what_;
    doing_ = activity::calling;
    attempt_ = ++owner_.attempts_;
    ++owner_.operations_;
    key_ = pick_key();
    called_ = where().now();
    cancel_ = std::make_shared<asio::cancellation_signal>();
    cancelled_ = false;
    refusals_before_ = owner_.process_.around().faults.refused(owner_.process_);
    renewals_before_ = owner_.renewals(session_);
    session_before_ = owner_.status(session_).session_id;
    limit_ = {};
    const auto draw = static_cast<int>(chance().below(100));
    // Whoever cancels totally waits until nothing remains, whatever limit he had set.
    limited_ = draw < what.look_once + what.limited;
    const bool waits_for_all = percent(what.cancelled) && cancel_sometime();
    if (draw < what.look_once) {
        owner_.seen_.called(owner_.order_.client, key_, attempt_, 0ns);
        call_with_limit(0ns);
    } else if (draw < what.look_once + what.limited) {
        limit_ = chance().between(1us, share(what.limit_max));
        owner_.seen_.called(owner_.order_.client, key_, attempt_, waits_for_all ? 0ns : limit_);
        call_with_limit(limit_);
    } else {
        owner_.seen_.called(owner_.order_.client, key_, attempt_, 0ns);
        owner_.lock_of(session_).async_lock(
            key_,
            asio::bind_cancellation_slot(
                cancel_->slot(),
                [this, attempt = attempt_, kept = cancel_](error_code ec, hold got) {
                    answered(attempt, ec, ec ? std::nullopt : std::optional(std::move(got)));
                }));
    }
}

void worker::call_with_limit(nanoseconds limit)
{
    owner_.lock_of(session_).async_try_lock_for(
        key_,
        limit,
        asio::bind_cancellation_slot(
            cancel_->slot(),
            [this, attempt = attempt_, kept = cancel_](error_code ec, std::optional<hold> got) {
                answered(attempt, ec, std::move(got));
            }));
}

// Says whether the cancellation is total.
bool worker::cancel_sometime()
{
    constexpr asio::cancellation_type types[] = {asio::cancellation_type::total,
                                                 asio::cancellation_type::partial,
                                                 asio::cancellation_type::terminal};
    const auto type = owner_.what_.cancels_totally ? types[0] : types[chance().below(3)];
    // Mostly within the few milliseconds in which an attempt does one thing after another.
    const auto longest = chance().one_in(4) ? share(100) : nanoseconds(5ms);
    const auto when = where().now() + chance().between(0ns, longest);
    owner_.process_.user_at(when, [this, attempt = attempt_, type, signal = cancel_] {
        if (attempt == attempt_ && doing_ == activity::calling) {
            ++owner_.operations_;
            cancelled_ = true;
            signal->emit(type);
        }
    });
    return type == asio::cancellation_type::total;
}

void worker::answered(std::uint64_t attempt, error_code ec, std::optional<hold> got)
{
    if (attempt != attempt_ || doing_ != activity::calling)
        return owner_.seen_.violated("a handler was called twice");
    if (ec && got)
        return owner_.seen_.violated("an error came with a hold: " + ec.message());
    if (!got || !*got)
        return refused(ec);
    hold_ = std::move(got);
    doing_ = activity::holding;
    seen_ = owner_.seen_.granted(owner_.process_, owner_.order_.client, key_, attempt_, *hold_);
    if (seen_)
        return work();
    hold_.reset();
    think();
}

void worker::refused(error_code ec)
{
    if (!may_be_told(ec))
        return owner_.seen_.violated("key " + key_ + ": told without a reason: " + ec.message());
    // With others in its session, or after an attempt that ended in another way, what is there may
    // be theirs.
    const auto session = owner_.status(session_).session_id;
    const bool total = ec == asio::error::operation_aborted && owner_.what_.cancels_totally;
    if (total && owner_.is_alone() && untidy_session_ != session)
        owner_.seen_.cancelled_totally(key_, session, called_);
    if (!total)
        untidy_session_ = session;
    owner_.seen_.refused(owner_.order_.client, key_, attempt_);
    think();
}

// Every error has a cause that is to be found in what was done to the program.
bool worker::may_be_told(error_code ec)
{
    const auto waited = where().now() - called_;
    if (!ec && limit_ == 0ns) // it looked once, and found somebody
        return limited_ && (owner_.wants(session_, key_, called_, *this) ||
                            owner_.seen_.had_company(key_, called_, session_before_));
    if (!ec) // not granted in time; its clock may be fast
        return limited_ && waited >= limit_ - limit_ / 500;
    if (ec == asio::error::operation_aborted)
        return cancelled_;
    const auto now = owner_.status(session_);
    if (ec == errc::session_lost)
        return now.session_id == 0 || now.session_id != session_before_;
    if (ec == errc::session_closed)
        return owner_.renewals(session_) != renewals_before_;
    const bool refused =
        owner_.process_.around().faults.refused(owner_.process_) != refusals_before_;
    if (ec == errc::server_error || ec == errc::not_authorized || ec == errc::root_not_creatable)
        return refused;
    if (ec == errc::queue_worn_out)
        return owner_.seen_.may_be_worn_out;
    // Its clock may be fast; what answers has found it without a connection.
    return ec == errc::unreachable && waited >= share(1'990) &&
           now.state != session_state::connected;
}

// ---- under the lock ----------------------------------------------------------------------------

void worker::work()
{
    const auto value = owner_.seen_.read(*seen_);
    if (!value)
        return let_go(); // fenced off: somebody younger was here
    read_ = *value;
    verified_ = !percent(owner_.what_.verified);
    if (percent(owner_.what_.kept))
        return keep();
    later(pause(owner_.what_.hold_max), &worker::before_write);
}

// Until it is lost, told by the asynchronous wait, or for longer than most faults last.
void worker::keep()
{
    ++owner_.waiting_for_losses_;
    const auto signal = cancel_end_sometime(share(1'000));
    hold_->async_wait_lost(asio::bind_cancellation_slot(
        signal->slot(), [this, signal, attempt = attempt_](error_code ec) {
            --owner_.waiting_for_losses_;
            if (ec != asio::error::operation_aborted && attempt == attempt_ &&
                doing_ == activity::holding)
                let_go();
        }));
    later(chance().between(0ns, share(2'500)), &worker::before_write);
}

void worker::before_write()
{
    if (std::exchange(verified_, true))
        return write();
    ++owner_.operations_;
    const auto signal = cancel_end_sometime(5ms);
    hold_->async_verify(asio::bind_cancellation_slot(
        signal->slot(), [this, signal, attempt = attempt_](error_code ec) {
            if (attempt != attempt_ || doing_ != activity::holding)
                return;
            if (ec)
                let_go();
            else
                write();
        }));
}

// The counter is read and written back; a late write leaves as the hold ends and arrives after it.
void worker::write()
{
    if (!hold_->held())
        return let_go();
    owner_.seen_.write_sent(*seen_);
    const auto value = read_ + 1;
    if (percent(owner_.what_.write_late)) {
        const auto delay = chance().between(0ns, share(100));
        where().after(delay, [seen = seen_, value, &to = owner_.seen_, told = chance().one_in(2)] {
            to.write_arrives(*seen, value, told);
        });
    } else {
        owner_.seen_.write_arrives(*seen_, value, true);
    }
    let_go();
}

void worker::let_go()
{
    doing_ = activity::letting_go;
    where().cancel(std::exchange(timer_, 0));
    ++owner_.operations_;
    owner_.seen_.releasing(seen_);
    seen_.reset();
    switch (chance().below(4)) {
    case 0:
        return let_go_and_wait();
    case 1:
        hold_->release();
        break;
    case 2: // something else takes its place
        *hold_ = hold();
        break;
    default: // by leaving its scope
        break;
    }
    hold_.reset();
    done();
}

void worker::let_go_and_wait()
{
    auto ended = std::move(*hold_);
    hold_.reset();
    const auto signal = cancel_end_sometime(5ms);
    ended.async_release(asio::bind_cancellation_slot(
        signal->slot(), [this, signal, attempt = attempt_](error_code) {
            if (attempt == attempt_)
                done();
        }));
}

// For a verification, a release, a wait: cancelled within so long, or never.
std::shared_ptr<asio::cancellation_signal> worker::cancel_end_sometime(nanoseconds within)
{
    auto signal = std::make_shared<asio::cancellation_signal>();
    if (!percent(owner_.what_.ends_cancelled))
        return signal;
    owner_.process_.user_at(where().now() + chance().between(0ns, within),
                            [signal] { signal->emit(asio::cancellation_type::terminal); });
    return signal;
}

void worker::done()
{
    const auto& what = owner_.what_;
    if (!owner_.finishing_ && percent(what.sessions_renewed))
        owner_.renew_session(session_);
    think();
}

void worker::hurry()
{
    if (doing_ == activity::thinking) {
        where().cancel(std::exchange(timer_, 0));
        doing_ = activity::nothing;
    } else if (doing_ == activity::holding && timer_ != 0) {
        where().cancel(std::exchange(timer_, 0));
        later(chance().between(0ns, 1ms), next_);
    }
}

// ---- small things ------------------------------------------------------------------------------

random_source& worker::chance()
{
    return owner_.process_.chance();
}

world& worker::where()
{
    return owner_.process_.around().where;
}

bool worker::percent(int of_hundred)
{
    return static_cast<int>(chance().below(100)) < of_hundred;
}

nanoseconds worker::share(int thousandths)
{
    return nanoseconds(owner_.order_.timeout) * thousandths / 1'000;
}

nanoseconds worker::pause(int most)
{
    const auto drawn = chance().between(0ns, share(most));
    if (owner_.what_.beat == 0)
        return drawn;
    const auto since_beat = (where().now() + drawn).time_since_epoch() % share(owner_.what_.beat);
    return drawn + share(owner_.what_.beat) - since_beat;
}

void worker::later(nanoseconds delay, void (worker::*next)())
{
    if (owner_.finishing_)
        delay = std::min<nanoseconds>(delay, 1ms);
    next_ = next;
    timer_ = owner_.process_.user_at(where().now() + delay, [this, next] {
        timer_ = 0;
        (this->*next)();
    });
}

// Few keys are hot and most are cold: each doubling of the rank is as likely as the one before.
std::string worker::pick_key()
{
    const auto keys = owner_.what_.keys;
    const auto magnitude = std::uint64_t{1} << chance().below(std::bit_width(keys));
    const auto rank = (magnitude + chance().below(magnitude) - 1) % keys;
    return std::string(owner_.what_.name) + "-" + std::to_string(rank);
}

bool worker::wanted(std::size_t session, const std::string& key, time_point since) const
{
    const bool idle = doing_ == activity::nothing || doing_ == activity::thinking;
    return session_ == session && key_ == key && (!idle || idle_since_ >= since);
}

std::string worker::describe() const
{
    constexpr const char* words[] = {"nothing", "thinking", "calling", "holding", "letting go"};
    return owner_.process_.name() + " attempt " + std::to_string(attempt_) + " on " + key_ + ": " +
           words[static_cast<int>(doing_)];
}

} // namespace paddock::simulation
