#pragma once

#include <paddock/session.hpp>

#include <memory>

namespace paddock::detail {

/// How locks get from a user's session to its core.
struct session_access {
    static const std::shared_ptr<session_core>& core(const session& owner) { return owner.core_; }
};

} // namespace paddock::detail
