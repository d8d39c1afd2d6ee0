#include "raw_client.hpp"

#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <poll.h>
#include <stdexcept>

namespace bench {
namespace {

using std::chrono::steady_clock;

// A server on the same machine answers in less than a millisecond; this is for one that never does.
constexpr std::chrono::seconds patience{30};

// As long as what Paddock writes, so that both send the same number of bytes.
const std::string name = "_c_01234567-89ab-4cde-8f01-23456789abcd-lock-";
const std::string owner = "host=a-host-name.example pid=12345 since=2024-01-01T00:00:00Z";

[[noreturn]] void fail(const std::string& what, int rc)
{
    throw std::runtime_error("raw client: " + what + ": " + zerror(rc));
}

} // namespace

struct raw_client::callbacks {
    static raw_client& self(const void* data)
    {
        return *static_cast<raw_client*>(const_cast<void*>(data));
    }

    static void created(int rc, const char* path, const Stat*, const void* data)
    {
        if (path != nullptr)
            self(data).made_ = path;
        self(data).answered(rc, ZNODEEXISTS);
    }

    static void listed(int rc, const String_vector* names, const void* data)
    {
        self(data).children_ = names == nullptr ? 0 : names->count;
        self(data).answered(rc, ZOK);
    }

    static void found(int rc, const Stat*, const void* data) { self(data).answered(rc, ZOK); }

    static void removed(int rc, const void* data) { self(data).answered(rc, ZNONODE); }

    static void on_event(zhandle_t*, int, int, const char*, void*) {} // the loop asks for the state
};

raw_client::raw_client(const std::string& server, std::chrono::milliseconds session_timeout)
{
    zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
    zoo_deterministic_conn_order(1);
    zh_ = zookeeper_init(server.c_str(),
                         &callbacks::on_event,
                         static_cast<int>(session_timeout.count()),
                         nullptr,
                         nullptr,
                         ZOO_NO_LOG_CLIENTENV);
    if (zh_ == nullptr)
        throw std::runtime_error("raw client: cannot use the address " + server);
    zoo_set_servers_resolution_delay(zh_, -1); // else it looks the address up on every turn
    const auto limit = steady_clock::now() + patience;
    try {
        while (zoo_state(zh_) != ZOO_CONNECTED_STATE)
            turn(limit);
    } catch (...) {
        zookeeper_close(zh_);
        throw;
    }
}

raw_client::~raw_client()
{
    zookeeper_close(zh_);
}

std::string raw_client::lock(const std::string& parent)
{
    const auto path = parent + "/" + name;
    sent(zoo_acreate2(zh_,
                      path.c_str(),
                      owner.data(),
                      static_cast<int>(owner.size()),
                      &ZOO_OPEN_ACL_UNSAFE,
                      ZOO_EPHEMERAL_SEQUENTIAL,
                      &callbacks::created,
                      this),
         "create");
    sent(zoo_aget_children(zh_, parent.c_str(), 0, &callbacks::listed, this), "list");
    wait();
    if (children_ != 1)
        throw std::runtime_error("raw client: somebody else wants " + parent);
    return std::move(made_);
}

void raw_client::unlock(const std::string& contender)
{
    sent(zoo_adelete(zh_, contender.c_str(), -1, &callbacks::removed, this), "delete");
    wait();
}

std::vector<std::string> raw_client::lock_together(const std::vector<std::string>& parents)
{
    std::vector<std::string> paths;
    std::vector<std::string> made(parents.size());
    std::vector<Stat> stats(parents.size());
    std::vector<zoo_op_t> ops(parents.size() * 2);
    std::vector<zoo_op_result_t> results(ops.size());
    paths.reserve(parents.size());
    for (std::size_t each = 0; each < parents.size(); ++each) {
        paths.push_back(parents[each] + "/" + name);
        made[each].resize(paths[each].size() + 12);
        zoo_create_op_init(&ops[2 * each],
                           paths[each].c_str(),
                           owner.data(),
                           static_cast<int>(owner.size()),
                           &ZOO_OPEN_ACL_UNSAFE,
                           ZOO_EPHEMERAL_SEQUENTIAL,
                           made[each].data(),
                           static_cast<int>(made[each].size()));
        zoo_set_op_init(&ops[2 * each + 1], parents[each].c_str(), "", 0, -1, &stats[each]);
    }
    sent(zoo_amulti(zh_,
                    static_cast<int>(ops.size()),
                    ops.data(),
                    results.data(),
                    &callbacks::removed,
                    this),
         "multi");
    wait();
    for (std::size_t each = 0; each < parents.size(); ++each) {
        if (stats[each].numChildren != 1)
            throw std::runtime_error("raw client: somebody else wants " + parents[each]);
        made[each].resize(made[each].find('\0'));
    }
    return made;
}

void raw_client::unlock_together(const std::vector<std::string>& contenders)
{
    std::vector<zoo_op_t> ops(contenders.size());
    std::vector<zoo_op_result_t> results(ops.size());
    for (std::size_t each = 0; each < contenders.size(); ++each)
        zoo_delete_op_init(&ops[each], contenders[each].c_str(), -1);
    sent(zoo_amulti(zh_,
                    static_cast<int>(ops.size()),
                    ops.data(),
                    results.data(),
                    &callbacks::removed,
                    this),
         "multi");
    wait();
}

void raw_client::round_trip()
{
    sent(zoo_aexists(zh_, "/", 0, &callbacks::found, this), "exists");
    wait();
}

void raw_client::create_all(const std::vector<std::string>& paths)
{
    for (const auto& path : paths) {
        sent(zoo_acreate2(zh_,
                          path.c_str(),
                          nullptr,
                          -1,
                          &ZOO_OPEN_ACL_UNSAFE,
                          ZOO_PERSISTENT,
                          &callbacks::created,
                          this),
             "create");
    }
    wait();
}

void raw_client::remove_all(const std::vector<std::string>& paths)
{
    for (const auto& path : paths)
        sent(zoo_adelete(zh_, path.c_str(), -1, &callbacks::removed, this), "delete");
    wait();
}

void raw_client::sent(int rc, const char* what)
{
    if (rc != ZOK)
        fail(what, rc);
    ++awaited_;
}

void raw_client::answered(int rc, int fine)
{
    --awaited_;
    if (rc != ZOK && rc != fine && failure_ == ZOK)
        failure_ = rc;
}

void raw_client::wait()
{
    const auto limit = steady_clock::now() + patience;
    while (awaited_ > 0)
        turn(limit);
    if (failure_ != ZOK)
        fail("a request failed", failure_);
}

// One turn of the loop that the C client asks for: its wishes, poll, then all packets that came.
void raw_client::turn(steady_clock::time_point limit)
{
    int fd = -1;
    int wishes = 0;
    timeval pause{};
    if (const int rc = zookeeper_interest(zh_, &fd, &wishes, &pause); rc != ZOK)
        fail("no connection", rc);
    pollfd watched{.fd = fd, .events = POLLIN, .revents = 0};
    if ((wishes & ZOOKEEPER_WRITE) != 0)
        watched.events |= POLLOUT;
    const auto pause_ms = static_cast<int>(pause.tv_sec * 1000 + pause.tv_usec / 1000);
    if (::poll(&watched, 1, pause_ms) == 0 && steady_clock::now() > limit)
        throw std::runtime_error("raw client: no answer");

    int ready = (watched.revents & POLLOUT) != 0 ? ZOOKEEPER_WRITE : 0;
    if ((watched.revents & ~POLLOUT) != 0)
        ready |= ZOOKEEPER_READ; // errors too: reading finds them out
    int rc = ready == 0 ? ZNOTHING : zookeeper_process(zh_, ready);
    while (rc == ZOK && awaited_ > 0)
        rc = zookeeper_process(zh_, ZOOKEEPER_READ); // takes one packet, and never waits
    if (rc != ZOK && rc != ZNOTHING)
        fail("lost the connection", rc);
}

} // namespace bench
