#include "test/simulation/path_table.hpp"

namespace paddock::simulation {

namespace {

// As PathUtils.validatePath, for the part behind the last slash.
bool is_name(std::string_view name)
{
    if (name.empty() || name == "." || name == "..")
        return false;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            return false;
    }
    return true;
}

std::uint64_t hash_of(std::string_view name)
{
    std::uint64_t sum = 0xcbf29ce484222325;
    for (const char c : name)
        sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return sum ^ (sum >> 29);
}

} // namespace

path_table::path_table()
{
    entries_.emplace_back(); // 0 is no path
    add("/", 0);
}

path_id path_table::find(std::string_view path) const
{
    const auto found = ids_.find(path);
    return found == ids_.end() ? 0 : found->second;
}

path_id path_table::intern(std::string_view path)
{
    if (const auto known = find(path); known != 0)
        return known;
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos || !is_name(path.substr(slash + 1)))
        return 0;
    const auto parent = slash == 0 ? root : intern(path.substr(0, slash));
    return parent == 0 ? 0 : add(path, parent);
}

path_id path_table::add(std::string_view path, path_id parent)
{
    auto id = static_cast<path_id>(entries_.size());
    if (free_.empty()) {
        entries_.emplace_back();
    } else {
        id = free_.back();
        free_.pop_back();
    }
    ++entries_[parent].kept;
    auto& made = entries_[id];
    made.text = path;
    made.parent = parent;
    made.name_at = static_cast<std::uint32_t>(path.rfind('/') + 1);
    made.order = hash_of(path.substr(made.name_at));
    ids_.emplace(made.text, id);
    return id;
}

void path_table::let_go(path_id path)
{
    auto& of = entries_[path];
    if (--of.kept != 0 || path == root)
        return;
    ids_.erase(of.text);
    free_.push_back(path);
    let_go(of.parent);
}

std::string_view path_table::name(path_id path) const
{
    const auto& of = entries_[path];
    return std::string_view(of.text).substr(of.name_at);
}

} // namespace paddock::simulation
