#include "test/support/called_once.hpp"

#include <catch2/catch_test_macros.hpp>

#include <mutex>
#include <thread>

namespace paddock::test {

struct detail::call_record::state {
    mutable std::mutex mutex;
    std::thread::id initiating; // no thread: not inside the initiating function
    int calls = 0;
    bool returned = false;
    std::vector<std::string> failures;
};

detail::call_record::call_record() : state_(std::make_unique<state>()) {}

detail::call_record::~call_record() = default;

void detail::call_record::initiation_begins()
{
    const std::lock_guard lock(state_->mutex);
    state_->initiating = std::this_thread::get_id();
}

void detail::call_record::initiation_ends()
{
    const std::lock_guard lock(state_->mutex);
    state_->initiating = {};
}

void detail::call_record::call_begins(bool right_executor)
{
    const std::lock_guard lock(state_->mutex);
    if (++state_->calls > 1)
        state_->failures.emplace_back("the handler was called more than once");
    if (state_->initiating == std::this_thread::get_id())
        state_->failures.emplace_back("the handler was called inside the initiating function");
    if (!right_executor)
        state_->failures.emplace_back("the handler was called on the wrong executor");
}

void detail::call_record::call_ends()
{
    const std::lock_guard lock(state_->mutex);
    state_->returned = true;
}

void detail::call_record::dropped()
{
    const std::lock_guard lock(state_->mutex);
    if (state_->calls == 0)
        state_->failures.emplace_back("the handler was destroyed without being called");
}

bool detail::call_record::called() const
{
    const std::lock_guard lock(state_->mutex);
    return state_->returned;
}

std::vector<std::string> detail::call_record::failures() const
{
    const std::lock_guard lock(state_->mutex);
    auto result = state_->failures;
    if (state_->calls == 0 && result.empty())
        result.emplace_back("the handler has not been called");
    return result;
}

call_check::call_check(source_line where)
    : record_(std::make_shared<detail::call_record>()), where_(where)
{
}

call_check::~call_check()
{
    if (examined_)
        return;
    for (const auto& failure : record_->failures())
        FAIL_CHECK(where_.text() << ": " << failure);
}

void call_check::wait(std::chrono::milliseconds limit, source_line where)
{
    wait_until([this] { return called(); }, limit, where);
}

bool call_check::called() const
{
    return record_->called();
}

std::vector<std::string> call_check::failures()
{
    examined_ = true;
    return record_->failures();
}

} // namespace paddock::test
