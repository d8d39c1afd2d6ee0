#include "test/checker/checks.hpp"
#include "test/checker/story.hpp"
#include "test/checker/wing_gong.hpp"

#include <array>

namespace paddock::checker {

namespace {

constexpr std::array<std::string_view, 4> call_names{"lock", "try_lock", "try_lock", "unlock"};

void add_operations(const key_story& story,
                    key_id key,
                    std::uint64_t& owner,
                    std::vector<operation>& into)
{
    for (const auto& call : story.attempts) {
        ++owner;
        if (call.answered == answer::refused)
            continue;
        into.push_back({lock_call::lock, key, owner, call.called_at, call.answered_at});
        if (call.ended != hold_end::none)
            into.push_back({lock_call::unlock, key, owner, call.ended_at, operation::never});
    }
}

std::string answer_of(const operation& call)
{
    if (call.end == operation::never)
        return ", never returned";
    const auto result =
        call.what == lock_call::busy ? ", found it held, and returned at " : " and returned at ";
    return result + seconds(call.end);
}

std::string line_of(const operation& call)
{
    return "owner " + std::to_string(call.owner) + " called " +
           std::string(call_names.at(static_cast<std::size_t>(call.what))) + " at " +
           seconds(call.begin) + answer_of(call) + "\n";
}

} // namespace

std::vector<operation> operations_of(const history& all)
{
    const rules any;
    report unused(any);
    const auto facts = tell_world(all, unused);
    events_by_key events(all);
    std::vector<operation> result;
    std::uint64_t owner = 0;
    for (key_id key = no_key + 1; key < all.keys(); ++key)
        add_operations(
            tell_story(title(all, key), events.of(key), {any, facts, unused}), key, owner, result);
    return result;
}

std::string text_of(const explanation& result, std::span<const operation> operations)
{
    if (result.found == verdict::explained)
        return "";
    if (result.found == verdict::undecided)
        return "undecided: too many orders to try\n";
    std::string text = "no order of these calls explains the last return of:\n";
    for (const auto n : result.prefix)
        text += (n == result.impossible ? "* " : "  ") + line_of(operations[n]);
    return text;
}

} // namespace paddock::checker
