#pragma once

#include <paddock/hold.hpp>
#include <paddock/session.hpp>

#include <memory>
#include <utility>

namespace paddock::detail {

/// How locks get from a user's session to its core, how a session is made on a core that runs
/// elsewhere than on the I/O thread of the process, and how an observer looks behind a hold.
struct session_access {
    static const std::shared_ptr<session_core>& core(const session& owner) { return owner.core_; }
    static session open(std::shared_ptr<session_core> core) { return session(std::move(core)); }
    static const std::shared_ptr<grant>& behind(const hold& held) { return held.grant_; }
};

} // namespace paddock::detail
