/// The bare C client as the conductor's contestant: `raw_driver HOST ROOT`. It does the least that
/// a lock can do, by one thread, with nothing retried and nobody else in the queue.

#include "protocol.hpp"
#include "raw_client.hpp"

#include <iostream>
#include <string>
#include <vector>

namespace {

class contestant {
public:
    contestant(std::string server, std::string root)
        : server_(std::move(server)), root_(std::move(root))
    {
        connect().create_all({root_});
    }

    bench::measured solo(const bench::task& wanted)
    {
        auto client = connect();
        const auto parents = make_parents(client, wanted.in_flight);
        bench::turn turn(wanted.lasts);
        for (std::size_t round = 0; !turn.over(); ++round) {
            client.unlock(client.lock(parents[round % parents.size()]));
            turn.done();
        }
        return turn.result_with_median();
    }

    bench::measured round_trips(const bench::task& wanted)
    {
        auto client = connect();
        bench::turn turn(wanted.lasts);
        while (!turn.over()) {
            client.round_trip();
            turn.done();
        }
        return turn.result_with_median();
    }

    /// All keys in one transaction, and all of them back in another.
    bench::measured keys(const bench::task& wanted)
    {
        auto client = connect();
        const auto parents = make_parents(client, wanted.in_flight);
        bench::turn turn(wanted.lasts);
        while (!turn.over()) {
            client.unlock_together(client.lock_together(parents));
            for (std::size_t each = 0; each < parents.size(); ++each)
                turn.done();
        }
        return turn.result_with_processor_time();
    }

private:
    // One for each task: nobody would answer for it in between.
    bench::raw_client connect() const { return {server_, std::chrono::seconds(30)}; }

    std::vector<std::string> make_parents(bench::raw_client& client, std::size_t count) const
    {
        std::vector<std::string> parents;
        for (std::size_t each = 0; each < count; ++each)
            parents.push_back(root_ + "/key-" + std::to_string(each));
        client.create_all(parents);
        return parents;
    }

    const std::string server_;
    const std::string root_;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: raw_driver HOST ROOT\n";
        return 2;
    }
    contestant self(argv[1], argv[2]);
    return bench::serve({
        {"solo_confirmed", [&](const auto& wanted) { return self.solo(wanted); }},
        {"round_trip", [&](const auto& wanted) { return self.round_trips(wanted); }},
        {"keys", [&](const auto& wanted) { return self.keys(wanted); }},
    });
}
