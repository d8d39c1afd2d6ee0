#include "test/checker/checks.hpp"

#include <algorithm>
#include <tuple>

namespace paddock::checker {

namespace {

// The grants of a key, to be found by token.
class grants_by_token {
public:
    explicit grants_by_token(const key_story& story) : grants_(story.grants)
    {
        std::stable_sort(grants_.begin(), grants_.end(), [](const attempt* a, const attempt* b) {
            return a->token < b->token;
        });
    }

    // Whether one of the grants of the token passes the test.
    template <class Test>
    bool any(std::int64_t token, Test test) const
    {
        auto at = std::partition_point(grants_.begin(), grants_.end(), [&](const attempt* grant) {
            return grant->token < token;
        });
        for (; at != grants_.end() && (*at)->token == token; ++at)
            if (test(**at))
                return true;
        return false;
    }

private:
    std::vector<const attempt*> grants_;
};

std::string describe(const key_story& story, const event& what)
{
    return story.name + ": client " + std::to_string(what.client) + " showed token " +
           std::to_string(what.token) + " at " + seconds(what.time) + " ('" +
           std::string(name_of(what.kind)) + "')";
}

void check_token(const event& what,
                 const grants_by_token& grants,
                 const key_story& story,
                 const context& with)
{
    const bool entitled = grants.any(what.token, [&](const attempt& grant) {
        return grant.client == what.client && grant.answered_at <= what.time;
    });
    if (!entitled)
        with.out.add(rule::write_token,
                     [&] { return describe(story, what) + ", which it had not been granted"; });
}

void check_refusal(const event& what,
                   const grants_by_token& grants,
                   const key_story& story,
                   const context& with)
{
    const bool believed = grants.any(what.token, [&](const attempt& grant) {
        return grant.client == what.client && grant.believed_at(what.time);
    });
    if (believed)
        with.out.add(rule::write_refusal,
                     [&] { return describe(story, what) + ", believed in it, and was refused"; });
}

void check_order(std::vector<const event*> written, const key_story& story, const context& with)
{
    std::stable_sort(written.begin(), written.end(), [](const event* a, const event* b) {
        return std::tie(a->value, a->time) < std::tie(b->value, b->time);
    });
    const event* highest = nullptr;
    for (const event* what : written) {
        if (highest != nullptr && what->token < highest->token)
            with.out.add(rule::write_order, [&] {
                return describe(story, *what) + " and was accepted, although client " +
                       std::to_string(highest->client) + " had written with token " +
                       std::to_string(highest->token) + ", at " + seconds(highest->time);
            });
        else
            highest = what;
    }
}

// An increment may be made at a resource without a fence; then it shows no token.
bool shows_token(const event& what)
{
    return what.kind == event_kind::written ||
           (what.kind == event_kind::incremented && what.token != 0);
}

} // namespace

void check_writes(const key_story& story, const context& with)
{
    if (story.resource.empty())
        return;
    const grants_by_token grants(story);
    std::vector<const event*> written;
    for (const event* what : story.resource) {
        if (shows_token(*what))
            check_token(*what, grants, story, with);
        if (what->kind == event_kind::written)
            written.push_back(what);
        if (what->kind == event_kind::write_refused) {
            check_refusal(*what, grants, story, with);
            ++with.out.numbers.refused_writes;
        }
    }
    with.out.numbers.writes += written.size();
    check_order(std::move(written), story, with);
}

} // namespace paddock::checker
