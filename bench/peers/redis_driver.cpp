/// Redis as the conductor's contestant, for orientation: `redis_driver HOST:PORT PREFIX`. A lock is
/// `SET key owner NX PX`, a release deletes the key if it is still the owner's. There is no queue,
/// so there is no hand-off; many keys are pipelined on one connection.

#include "protocol.hpp"

#include <cstddef>
#include <hiredis/hiredis.h>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr auto release_script =
    "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end";
constexpr auto owner = "01234567-89ab-4cde-8f01-23456789abcd";

class contestant {
public:
    contestant(const std::string& address, std::string prefix)
        : prefix_(std::move(prefix)), connection_(connect(address), &redisFree)
    {
        if (connection_ == nullptr || connection_->err != 0)
            throw std::runtime_error("no Redis at " + address);
        redisAppendCommand(connection_.get(), "SCRIPT LOAD %s", release_script);
        const auto loaded = take_reply();
        script_ = {loaded->str, loaded->len};
    }

    bench::measured solo(const bench::task& wanted)
    {
        const auto keys = key_names(wanted.in_flight);
        bench::turn turn(wanted.lasts);
        for (std::size_t round = 0; !turn.over(); ++round) {
            lock_and_release({keys[round % keys.size()]});
            turn.done();
        }
        return turn.result_with_median();
    }

    bench::measured keys(const bench::task& wanted)
    {
        const auto keys = key_names(wanted.in_flight);
        bench::turn turn(wanted.lasts);
        while (!turn.over()) {
            lock_and_release(keys);
            for (std::size_t each = 0; each < keys.size(); ++each)
                turn.done();
        }
        return turn.result();
    }

private:
    using reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

    static redisContext* connect(const std::string& address)
    {
        const auto colon = address.rfind(':');
        return redisConnect(address.substr(0, colon).c_str(), std::stoi(address.substr(colon + 1)));
    }

    std::vector<std::string> key_names(std::size_t count) const
    {
        std::vector<std::string> names;
        for (std::size_t each = 0; each < count; ++each)
            names.push_back(prefix_ + "/key-" + std::to_string(each));
        return names;
    }

    void lock_and_release(const std::vector<std::string>& keys)
    {
        for (const auto& key : keys)
            redisAppendCommand(connection_.get(), "SET %s %s NX PX 30000", key.c_str(), owner);
        for (std::size_t each = 0; each < keys.size(); ++each) {
            if (take_reply()->type != REDIS_REPLY_STATUS)
                throw std::runtime_error("a lock was refused");
        }
        for (const auto& key : keys)
            redisAppendCommand(
                connection_.get(), "EVALSHA %s 1 %s %s", script_.c_str(), key.c_str(), owner);
        for (std::size_t each = 0; each < keys.size(); ++each) {
            if (take_reply()->integer != 1)
                throw std::runtime_error("a release found no lock");
        }
    }

    reply take_reply()
    {
        void* raw = nullptr;
        if (redisGetReply(connection_.get(), &raw) != REDIS_OK)
            throw std::runtime_error("Redis: " + std::string(connection_->errstr));
        return {static_cast<redisReply*>(raw), &freeReplyObject};
    }

    const std::string prefix_;
    std::unique_ptr<redisContext, decltype(&redisFree)> connection_;
    std::string script_;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: redis_driver HOST:PORT PREFIX\n";
        return 2;
    }
    try {
        contestant self(argv[1], argv[2]);
        return bench::serve({
            {"solo_confirmed", [&](const auto& wanted) { return self.solo(wanted); }},
            {"keys", [&](const auto& wanted) { return self.keys(wanted); }},
        });
    } catch (const std::exception& failure) {
        std::cerr << "redis_driver: " << failure.what() << '\n';
        return 1;
    }
}
