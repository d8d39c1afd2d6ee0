#include "test/checker/checks.hpp"

#include <algorithm>

namespace paddock::checker {

namespace {

bool has_cause(const attempt& call, cause needed, const context& with)
{
    switch (needed) {
    case cause::cancelled:
        return call.cancelled_after.count() > 0 &&
               call.answered_at - call.called_at >= call.cancelled_after;
    case cause::closed:
        return with.facts.closed_between(call.client, call.called_at, call.answered_at);
    case cause::fault:
        return !with.facts.calm_between(call.called_at, call.answered_at, with.wanted.recovery);
    }
    return false;
}

const char* text_of_lacking(cause needed)
{
    switch (needed) {
    case cause::cancelled:
        return ", though nobody had cancelled it";
    case cause::closed:
        return ", though its client closed no session";
    case cause::fault:
        return ", though there was no fault";
    }
    return "";
}

// What is wrong with the error of a call; none when it may be.
const char* objection(const attempt& call, const context& with)
{
    const auto& expected = with.wanted.errors;
    if (expected.empty() || call.error == 0)
        return nullptr;
    const auto found = std::find_if(expected.begin(), expected.end(), [&](const auto& one) {
        return one.number == call.error;
    });
    if (found == expected.end())
        return ", which is never to be";
    return has_cause(call, found->needs, with) ? nullptr : text_of_lacking(found->needs);
}

} // namespace

void check_errors(const key_story& story, const context& with)
{
    for (const auto& call : story.attempts) {
        if (call.answered != answer::refused)
            continue;
        ++with.out.numbers.errors[call.error];
        if (const char* why = objection(call, with))
            with.out.add(rule::error_cause, [&] {
                return story.name + ": the call of " + who(call) + " at " +
                       seconds(call.called_at) + " failed with error " +
                       std::to_string(call.error) + " at " + seconds(call.answered_at) + why;
            });
    }
}

} // namespace paddock::checker
