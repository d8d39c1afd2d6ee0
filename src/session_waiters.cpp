// Who of a session is in a queue, and how they wait behind each other without the ensemble's help.

#include "src/log.hpp"
#include "src/session_core.hpp"

#include <utility>

namespace paddock::detail {

// --- the registry of attempts ---------------------------------------------------------------

contenders::id session_core::enlist(std::shared_ptr<contender_owner> owner)
{
    const auto who = contenders_.add(std::move(owner));
    counters.contenders = contenders_.size();
    return who;
}

void session_core::note_unknown_name(const std::string& path)
{
    if (!std::exchange(unknown_name_told_, true))
        log_warn("waiting behind " + path +
                 ", which no known lock client makes; further ones are not told");
}

void session_core::set_contender_path(contenders::id who,
                                      std::string_view parent,
                                      std::string_view name)
{
    contenders_.set_path(who, parent, name);
    wake_waiters();
}

void session_core::delist(contenders::id who)
{
    contenders_.remove(who);
    counters.contenders = contenders_.size();
    wake_waiters();
}

void session_core::doom(const std::string& path)
{
    contenders_.doom(path);
}

void session_core::confirm_gone(const std::string& path)
{
    contenders_.confirm_gone(path);
    wake_waiters();
}

// --- waiting for contenders of its own ------------------------------------------------------

// The answer comes later, as one of the ensemble's would: the caller has not even got the id yet.
watch_table::id session_core::watch_own(std::uint64_t epoch,
                                        const std::string& path,
                                        watch_table::fired fired,
                                        const zk_client::got& handler)
{
    if (epoch != epoch_)
        return 0;
    const auto watch = contenders_.watch(path, std::move(fired));
    if (watch == 0)
        return 0;
    counters.local_waits = contenders_.waiting();
    io_->post([self = shared_from_this(), epoch, handler] {
        const bool over = epoch != self->epoch_;
        handler(
            {.code = over ? reply_code::session_over : reply_code::ok, .sent = {}, .received = {}},
            {.ephemeral_owner = self->session_id_});
    });
    return watch;
}

// Not inside the call that frees a znode: an attempt that leaves drops its own before it hands it
// to the reaper, and then nobody is to be woken until that is done.
void session_core::wake_waiters()
{
    if (!contenders_.anybody_freed() || std::exchange(waking_, true))
        return;
    io_->post([self = shared_from_this()] {
        self->waking_ = false;
        const auto handlers = self->contenders_.take_freed();
        self->counters.local_waits = self->contenders_.waiting();
        for (const auto& freed : handlers)
            freed();
    });
}

} // namespace paddock::detail
