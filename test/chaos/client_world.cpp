#include "test/chaos/client_world.hpp"

#include "test/chaos/run_names.hpp"

namespace paddock::test {

namespace {

session_config config_of(const client_options& options)
{
    session_config config;
    config.hosts = options.hosts;
    config.session_timeout = options.session_timeout;
    config.require_session_timeout = true; // the promises are about this one
    config.connect_timeout = std::chrono::seconds(5);
    config.owner = "chaos " + std::to_string(options.id);
    return config;
}

} // namespace

lock_set::lock_set(const client_options& options)
    : owner(config_of(options)), keyed(owner, lock_root),
      brief(owner, lock_root, {.max_hold = brief_hold}),
      kept(owner, lock_root, {.handoffs_max = handed_on_most, .retain_for = kept_for})
{
}

keyed_mutex& lock_set::locks(lock_object which)
{
    if (which == lock_object::brief)
        return brief;
    return which == lock_object::kept ? kept : keyed;
}

lock_sets::lock_sets(const client_options& options, std::size_t count) : options_(options)
{
    for (std::size_t i = 0; i < count; ++i)
        sets_.push_back(std::make_shared<lock_set>(options_));
}

std::shared_ptr<lock_set> lock_sets::get(std::size_t place) const
{
    const std::lock_guard lock(mutex_);
    return sets_.at(place);
}

std::shared_ptr<lock_set> lock_sets::replace(std::size_t place)
{
    auto fresh = std::make_shared<lock_set>(options_);
    const std::lock_guard lock(mutex_);
    fresh.swap(sets_.at(place));
    return fresh;
}

client_world::client_world(const client_options& wanted)
    : options(wanted), log(options.history), book{log, options.id, options.credulous},
      keys(options.keys), sets(options, options.sessions),
      working(options.workers + options.threads + 1)
{
}

resource_request
request_of(const client_world& world, resource_call what, std::size_t key, const attempt_record& of)
{
    return {.what = what, .client = world.options.id, .key = key, .attempt = of.number()};
}

} // namespace paddock::test
