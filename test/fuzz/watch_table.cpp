#include "src/watch_table.hpp"

#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace paddock::fuzz {
namespace {

using table = detail::watch_table;

// Five short paths, so that they collide, and three that fill the packet of a reconnect.
constexpr std::size_t paths_count = 8;

const std::string& path_of(std::size_t which)
{
    static const auto& paths =
        *new std::vector<std::string>{"/a",
                                      "/b",
                                      "/c",
                                      "/d",
                                      "/e",
                                      std::string(table::bytes_max / 2, 'f'),
                                      std::string(table::bytes_max / 2, 'g'),
                                      std::string(table::bytes_max / 3, 'h')};
    return paths[which];
}

// A list of watches in order and a set of paths: what the table's maps come to.
class model {
public:
    explicit model(input bytes) : bytes_(bytes) {}

    void run()
    {
        while (!bytes_.empty()) {
            step();
            check();
        }
    }

private:
    struct watch {
        table::id id;
        std::size_t path; // which
        int number;
    };

    void step()
    {
        switch (bytes_.below(8)) {
        case 0:
        case 1:
        case 2:
            add(bytes_.below(paths_count));
            break;
        case 3:
        case 4:
            remove();
            break;
        case 5: {
            const auto path = bytes_.below(paths_count);
            retiring_.erase(path);
            table_.retired(path_of(path));
            break;
        }
        case 6:
            take(bytes_.below(paths_count));
            break;
        default:
            if (bytes_.below(8) == 7) {
                table_.clear();
                watches_.clear();
                retiring_.clear();
            }
            break;
        }
    }

    bool watched(std::size_t path) const
    {
        return std::any_of(
            watches_.begin(), watches_.end(), [&](const watch& one) { return one.path == path; });
    }

    void add(std::size_t path)
    {
        if (!table_.fits(path_of(path)))
            return; // as a session does
        const int number = ++added_;
        const auto id = table_.add(path_of(path), [this, number] { fired_.push_back(number); });
        require(id > last_, "numbers rise");
        last_ = id;
        watches_.push_back({id, path, number});
        retiring_.erase(path);
    }

    void remove()
    {
        const table::id id = bytes_.byte(); // one that is there, was there or never was
        const auto found = std::find_if(
            watches_.begin(), watches_.end(), [&](const watch& one) { return one.id == id; });
        const auto left = table_.remove(id);
        if (found == watches_.end()) {
            require(left.empty(), "removing nothing leaves nothing");
            return;
        }
        const auto path = found->path;
        watches_.erase(found);
        require(left == (watched(path) ? "" : path_of(path)), "the last watch on a path leaves it");
        if (!left.empty())
            retiring_.insert(path);
    }

    void take(std::size_t path)
    {
        std::vector<int> expected;
        for (const auto& one : watches_) {
            if (one.path == path)
                expected.push_back(one.number);
        }
        std::erase_if(watches_, [&](const watch& one) { return one.path == path; });
        retiring_.erase(path);
        fired_.clear();
        for (const auto& handler : table_.take(path_of(path)))
            handler();
        require(fired_ == expected, "each watch on the path fires once, in order, and no other");
    }

    void check() const
    {
        auto counted = retiring_;
        for (const auto& one : watches_)
            counted.insert(one.path);
        std::size_t total = 0;
        for (const auto path : counted)
            total += path_of(path).size() + 4;
        require(table_.bytes() == total, "a path counts once while the server may know it");
        require(total <= table::bytes_max, "a reconnect fits into one packet");
        require(table_.size() == watches_.size(), "the watches are counted");
        for (std::size_t path = 0; path < paths_count; ++path) {
            const auto size = path_of(path).size() + 4;
            require(table_.fits(path_of(path)) ==
                        (counted.contains(path) || total + size <= table::bytes_max),
                    "a path fits if it is counted already, or there is room");
            require(table_.is_retiring(path_of(path)) == retiring_.contains(path),
                    "a path retires until the server has forgotten it");
        }
    }

    input bytes_;
    table table_;
    std::vector<watch> watches_;
    std::set<std::size_t> retiring_;
    std::vector<int> fired_;
    table::id last_{0};
    int added_{0};
};

} // namespace

void watch_table(input bytes)
{
    model(bytes).run();
}

} // namespace paddock::fuzz
