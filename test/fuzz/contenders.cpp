#include "src/contenders.hpp"

#include "test/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace paddock::fuzz {
namespace {

using registry = detail::contenders;

class model {
public:
    explicit model(input bytes) : bytes_(bytes) {}

    void run()
    {
        while (!bytes_.empty()) {
            step();
            require(registry_.size() == entries_.size(), "who is in it is counted");
            require(registry_.waiting() == waits_.size(), "who waits is counted");
        }
        wake();
        check_fairness(1 + entries_.size() / 3);
        check_end();
    }

private:
    struct entry {
        std::string path;
        int ears; // which of the events that were registered are the present ones
    };

    void step()
    {
        const auto what = bytes_.below(14);
        const registry::id who = 1 + bytes_.below(32); // there, gone or never there
        const auto found = entries_.find(who);
        switch (what) {
        case 0:
        case 1:
            add();
            break;
        case 2:
        case 3: {
            const std::string path = bytes_.flag() ? path_of(who) : "";
            registry_.set_path(who, "", path.empty() ? path : path.substr(1));
            if (found != entries_.end())
                found->second.path = path;
            break;
        }
        case 4:
            registry_.replace(who, owner(++ears_));
            if (found != entries_.end())
                found->second.ears = ears_;
            break;
        case 5:
            registry_.remove(who);
            entries_.erase(who);
            break;
        case 6:
            take_turn({.paths = bytes_.below(8), .bytes = bytes_.byte()});
            break;
        case 7:
            registry_.doom(path_of(who));
            ++dooms_[path_of(who)];
            break;
        case 8:
            registry_.confirm_gone(path_of(who));
            if (auto& dooms = dooms_[path_of(who)]; dooms > 0)
                --dooms;
            break;
        case 9:
        case 10:
            wait_for(path_of(who));
            break;
        case 11:
            stop_waiting(registry::first_watch + bytes_.below(32));
            break;
        case 12:
            wake();
            break;
        default:
            check_missing(path_of(who));
            break;
        }
    }

    static std::string path_of(registry::id who)
    {
        return "/" + std::string(who, 'p'); // of all lengths, so that a portion's bytes matter
    }

    // Notes what it hears by the number of its ears.
    struct listener final : detail::contender_owner {
        listener(std::vector<int>& to, int which) : heard(to), ears(which) {}
        void on_missing() override { heard.push_back(ears); }
        void on_session_end(errc) override { heard.push_back(ears); }

        std::vector<int>& heard;
        const int ears;
    };

    std::shared_ptr<listener> owner(int ears) { return std::make_shared<listener>(heard_, ears); }

    void add()
    {
        const auto who = registry_.add(owner(++ears_));
        require(who > last_, "numbers rise");
        last_ = who;
        entries_.emplace(who, entry{"", ears_});
    }

    bool is_own(const std::string& path) const
    {
        const auto dooms = dooms_.find(path);
        return (dooms != dooms_.end() && dooms->second > 0) ||
               std::any_of(entries_.begin(), entries_.end(), [&](const auto& one) {
                   return one.second.path == path;
               });
    }

    void wait_for(const std::string& path)
    {
        const auto number = registry_.watch(path, [this] { ++woken_; });
        require((number != 0) == is_own(path), "own znodes, and no others, are waited for");
        if (number == 0)
            return;
        require(waits_.empty() || number > waits_.rbegin()->first, "numbers of waits rise");
        waits_.emplace(number, path);
    }

    void stop_waiting(registry::watch_id number)
    {
        require(registry_.unwatch(number) == (waits_.erase(number) == 1), "a wait ends once");
    }

    // Everybody whose znode is nobody's any more, and nobody else.
    void wake()
    {
        const auto freed =
            std::erase_if(waits_, [&](const auto& wait) { return !is_own(wait.second); });
        woken_ = 0;
        for (const auto& each : registry_.take_freed())
            each();
        require(woken_ == freed,
                "who waits for a znode that is nobody's is woken, and nobody else");
        require(!registry_.anybody_freed(), "who was woken is forgotten");
    }

    std::size_t paths_known() const
    {
        return static_cast<std::size_t>(
            std::count_if(entries_.begin(), entries_.end(), [](const auto& one) {
                return !one.second.path.empty();
            }));
    }

    std::vector<std::string> take_turn(registry::portion most)
    {
        const auto paths = registry_.take_turn(most);
        require(paths.size() <= most.paths, "a turn has no more paths than it may");
        std::size_t total = 0;
        for (const auto& path : paths) {
            total += path.size();
            require(!path.empty(), "what has no path yet is not checked");
            require(std::count(paths.begin(), paths.end(), path) == 1, "a turn has a path once");
            require(std::any_of(entries_.begin(),
                                entries_.end(),
                                [&](const auto& one) { return one.second.path == path; }),
                    "a turn has paths that are there");
        }
        require(paths.size() <= 1 || total <= most.bytes, "a turn fits into a request");
        require(most.paths == 0 || paths.empty() == (paths_known() == 0),
                "a turn is not empty while there is something to check");
        return paths;
    }

    void check_missing(const std::string& path)
    {
        const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& one) {
            return one.second.path == path;
        });
        const auto told = registry_.take_missing(path);
        require((told != nullptr) == (found != entries_.end()), "who minds is told");
        if (!told)
            return;
        heard_.clear();
        told->on_missing();
        require(heard_ == std::vector{found->second.ears}, "the present ears hear it");
        found->second.path.clear(); // it is not checked again
    }

    // As many turns as it takes to go round once reach everybody.
    void check_fairness(std::size_t portion)
    {
        std::map<std::string, int> checked;
        for (std::size_t turns = 0; turns * portion < paths_known() + portion; ++turns) {
            for (const auto& path : take_turn({.paths = portion, .bytes = 1'000'000}))
                ++checked[path];
        }
        require(checked.size() == paths_known(), "every contender has its turn");
    }

    void check_end()
    {
        std::vector<int> expected;
        for (const auto& [who, one] : entries_)
            expected.push_back(one.ears);
        heard_.clear();
        for (const auto& each : registry_.take_all())
            each->on_session_end(errc::session_lost);
        require(heard_ == expected, "everybody hears of the end once");
        require(registry_.waiting() == 0 && registry_.take_freed().empty(),
                "nobody waits behind an end");
        require(registry_.size() == 0 && registry_.take_turn({.paths = 9, .bytes = 9}).empty(),
                "nobody is left behind an end");
    }

    input bytes_;
    registry registry_;
    std::map<registry::id, entry> entries_;
    std::map<std::string, int> dooms_;
    std::map<registry::watch_id, std::string> waits_;
    std::size_t woken_{0};
    std::vector<int> heard_;
    registry::id last_{0};
    int ears_{0};
};

} // namespace

void contenders(input bytes)
{
    model(bytes).run();
}

} // namespace paddock::fuzz
