#include "src/batch.hpp"

#include <utility>

namespace paddock::detail {
namespace {

// The fields of an operation beside its path and data, with room to spare.
constexpr std::size_t bytes_around_operation = 64;

std::size_t operations_in(const batch_entry& one)
{
    return one.creates() ? 2 : 1;
}

std::size_t bytes_of(const batch_entry& one)
{
    const auto paths = one.path.size() + (one.creates() ? one.parent.size() : 0);
    return paths + operations_in(one) * bytes_around_operation;
}

} // namespace

std::vector<batch_entry>
take_batch(std::deque<batch_entry>& waiting, std::size_t bytes_each, const batch_limits& most)
{
    std::vector<batch_entry> taken;
    std::size_t bytes = 0;
    while (!waiting.empty() && taken.size() < most.entries) {
        bytes += bytes_of(waiting.front()) + bytes_each;
        if (bytes > most.bytes && !taken.empty())
            break;
        taken.push_back(std::move(waiting.front()));
        waiting.pop_front();
    }
    return taken;
}

std::vector<multi_op> operations_of(const std::vector<batch_entry>& batch, const std::string& data)
{
    std::vector<multi_op> ops;
    ops.reserve(batch.size() * 2);
    for (const auto& each : batch) {
        if (!each.creates()) {
            ops.emplace_back(remove_op{each.path});
            continue;
        }
        ops.emplace_back(create_op{each.path, data});
        ops.emplace_back(touch_op{each.parent});
    }
    return ops;
}

failed_batch
after_failure(std::vector<batch_entry> batch, std::size_t operation, const batch_limits& most)
{
    failed_batch split;
    std::size_t begin = 0;
    for (auto& each : batch) {
        const auto end = begin + operations_in(each);
        if (operation == begin)
            split.guilty = std::move(each);
        else if (operation > begin && operation < end)
            split.untouchable = std::move(each);
        else if (++each.failures >= most.failures)
            split.singly.push_back(std::move(each));
        else
            split.together.push_back(std::move(each));
        begin = end;
    }
    return split;
}

} // namespace paddock::detail
