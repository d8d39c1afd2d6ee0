#include "section_audit.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace cache_producer {

namespace {

std::string in_words(const section& one)
{
    return one.instance + " with token " + std::to_string(one.token);
}

/// Whether a fault that the demo injected, before `position`, explains that `lost` lost its lock.
bool explained(const section& lost, std::size_t position, const std::vector<section_record>& log)
{
    for (std::size_t i = 0; i < position; ++i) {
        const auto& record = log[i];
        const bool own = record.instance == lost.instance;
        if (own && record.step == section_step::killed)
            return true;
        if (lost.lost && own && record.step == section_step::stopped)
            return true;
        if (lost.lost && record.step == section_step::ensemble)
            return true;
    }
    return false;
}

/// Whether the overlap of the two is no violation: the one with the lower token had lost its lock.
bool excused(const section& a, const section& b, const std::vector<section_record>& log)
{
    const auto& older = a.token < b.token ? a : b;
    const auto& newer = a.token < b.token ? b : a;
    return older.token < newer.token && !older.left && explained(older, newer.entered, log);
}

} // namespace

std::vector<section> sections_of(const std::vector<section_record>& log)
{
    std::vector<section> sections;
    std::map<std::pair<std::string, std::uint64_t>, std::size_t> by_name;
    for (std::size_t i = 0; i < log.size(); ++i) {
        const auto& record = log[i];
        const auto name = std::pair(record.instance, record.section);
        if (record.step == section_step::enter) {
            by_name[name] = sections.size();
            sections.push_back({record.instance, record.product, record.token, i, log.size()});
            continue;
        }
        const auto found = by_name.find(name);
        if (found == by_name.end())
            continue; // an injected fault; those carry no section
        auto& one = sections[found->second];
        one.left = record.step == section_step::leave;
        one.lost = record.step == section_step::lost; // also after `leave`: it was noticed late
        one.ended = i;
        one.outcome = record.note;
    }
    return sections;
}

std::vector<std::string> double_holders(const std::vector<section>& sections,
                                        const std::vector<section_record>& log)
{
    std::vector<std::string> found;
    std::map<std::string, std::vector<const section*>> inside; // by product, as the log goes on
    for (const auto& next : sections) {
        auto& others = inside[next.product];
        std::erase_if(others, [&](const section* other) { return other->ended < next.entered; });
        const auto intruded = std::find_if(others.begin(), others.end(), [&](const section* other) {
            return !excused(*other, next, log);
        });
        if (intruded != others.end())
            found.push_back("product " + next.product + ": " + in_words(next) +
                            " entered while inside was " + in_words(**intruded));
        others.push_back(&next);
    }
    return found;
}

} // namespace cache_producer
