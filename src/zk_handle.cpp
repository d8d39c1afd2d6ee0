#include "src/zk_handle.hpp"

#include "src/culprit.hpp"
#include "src/hosts.hpp"
#include "src/log.hpp"
#include "src/zk_complaint.hpp"
#include "src/znode_path.hpp"

#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <set>
#include <utility>

namespace paddock::detail {
namespace {

// The handle whose C call is running. The C client calls back only inside such a call, so it needs
// no pointer of ours, which it might use too late; and completions get no handle at all.
zk_handle* running = nullptr;

class c_call {
public:
    explicit c_call(zk_handle& handle) noexcept : before_(std::exchange(running, &handle)) {}
    ~c_call() { running = before_; }
    c_call(const c_call&) = delete;
    c_call& operator=(const c_call&) = delete;

private:
    zk_handle* before_;
};

void log_once(int rc)
{
    static auto& seen = *new std::set<int>; // never destroyed: the I/O thread ends very late
    if (seen.insert(rc).second)
        log_warn("unexpected result of a request: " + std::string(zerror(rc)) + " (" +
                 std::to_string(rc) + "); said once");
}

reply_code to_code(int rc)
{
    switch (rc) {
    case ZOK:
    case ZNOWATCHER: // taken off already, or it fired
        return reply_code::ok;
    case ZNONODE:
        return reply_code::no_node;
    case ZNODEEXISTS:
        return reply_code::node_exists;
    case ZNOTEMPTY:
        return reply_code::not_empty;
    case ZNOAUTH:
        return reply_code::no_auth;
    case ZTHROTTLEDOP:
        return reply_code::throttled;
    case ZCONNECTIONLOSS:
    case ZOPERATIONTIMEOUT:
    case ZRUNTIMEINCONSISTENCY: // after a silent disconnect; the request may have been executed
    case ZSESSIONMOVED:         // by then it is connected elsewhere
    case ZCLOSING:              // in flight when we closed
        return reply_code::in_doubt;
    case ZSESSIONEXPIRED:
    case ZINVALIDSTATE: // a call on a handle whose session is over
    case ZAUTHFAILED:
        return reply_code::session_over;
    default:
        log_once(rc);
        return reply_code::refused;
    }
}

node_stat to_stat(const Stat& stat)
{
    return {.czxid = stat.czxid,
            .mzxid = stat.mzxid,
            .ephemeral_owner = stat.ephemeralOwner,
            .version = stat.version,
            .children = stat.numChildren,
            .data_bytes = stat.dataLength};
}

int to_flags(create_mode mode)
{
    switch (mode) {
    case create_mode::persistent:
        return ZOO_PERSISTENT;
    case create_mode::container:
        return ZOO_CONTAINER;
    case create_mode::ephemeral_sequential:
        break;
    }
    return ZOO_EPHEMERAL_SEQUENTIAL;
}

// The number travels as the pointer the C client hands back.
const void* to_data(zk_handle::number id)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): C carries it, nobody follows it
    return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(id));
}

} // namespace

struct zk_handle::multi_call {
    std::vector<multi_op> ops;
    std::vector<zoo_op_t> c_ops{};
    std::vector<zoo_op_result_t> results{};
    std::vector<std::string> names{}; ///< of what is created: the C client cuts what does not fit
    std::vector<Stat> stats{};        ///< of what is touched
};

namespace {

// A sign, ten digits and a zero byte.
constexpr std::size_t number_bytes = 12;

} // namespace

void zk_handle::fill(multi_call& call, std::size_t which) const
{
    auto& c_op = call.c_ops[which];
    const auto& op = call.ops[which];
    if (const auto* check = std::get_if<check_op>(&op)) {
        zoo_check_op_init(&c_op, check->path.c_str(), -1);
    } else if (const auto* remove = std::get_if<remove_op>(&op)) {
        zoo_delete_op_init(&c_op, remove->path.c_str(), -1);
    } else if (const auto* touch = std::get_if<touch_op>(&op)) {
        zoo_set_op_init(&c_op, touch->path.c_str(), "", 0, -1, &call.stats[which]);
    } else {
        const auto& create = std::get<create_op>(op);
        auto& name = call.names[which];
        name.resize(create.path.size() + number_bytes);
        zoo_create_op_init(&c_op,
                           create.path.c_str(),
                           create.data.data(),
                           static_cast<int>(create.data.size()),
                           acl(),
                           ZOO_EPHEMERAL_SEQUENTIAL,
                           name.data(),
                           static_cast<int>(name.size()));
    }
}

std::vector<multi_result> zk_handle::results_of(const multi_call& call)
{
    std::vector<multi_result> results(call.ops.size());
    for (std::size_t i = 0; i < call.ops.size(); ++i)
        results[i] = {.name = std::string(name_in(call.names[i].c_str())),
                      .stat = to_stat(call.stats[i])};
    return results;
}

std::optional<std::size_t> zk_handle::blamed_in(const multi_call& call, int rc)
{
    std::vector<int> errors;
    errors.reserve(call.results.size());
    for (const auto& each : call.results)
        errors.push_back(each.err);
    return culprit_of(errors, rc, ZRUNTIMEINCONSISTENCY);
}

// What the C client calls: each finds the handle, translates and passes on, nothing more.
struct zk_callbacks {
    static void answer(const void* data, zk_answer answer)
    {
        running->events_.on_answer(reinterpret_cast<std::uintptr_t>(data), std::move(answer));
    }

    static void done(int rc, const void* data) { answer(data, {.code = to_code(rc)}); }

    static void synced(int rc, const char* /*path*/, const void* data) { done(rc, data); }

    static void created(int rc, const char* path, const Stat* stat, const void* data)
    {
        zk_answer made{.code = to_code(rc)};
        if (path != nullptr)
            made.path = path;
        if (stat != nullptr)
            made.stat = to_stat(*stat);
        answer(data, std::move(made));
    }

    static void listed(int rc, const String_vector* names, const Stat* parent, const void* data)
    {
        zk_answer list{.code = to_code(rc)};
        if (names != nullptr)
            list.names.assign(names->data, names->data + names->count);
        if (parent != nullptr)
            list.stat = to_stat(*parent);
        answer(data, std::move(list));
    }

    static void stated(int rc, const Stat* stat, const void* data)
    {
        created(rc, nullptr, stat, data);
    }

    static void read(int rc, const char*, int, const Stat* stat, const void* data)
    {
        created(rc, nullptr, stat, data);
    }

    static void committed(int rc, const void* data)
    {
        const auto node = running->multis_.extract(reinterpret_cast<std::uintptr_t>(data));
        zk_answer ended{.code = to_code(rc)};
        if (!node.empty()) {
            if (rc == ZOK)
                ended.transaction.results = zk_handle::results_of(*node.mapped());
            else
                ended.transaction.failed = zk_handle::blamed_in(*node.mapped(), rc);
        }
        answer(data, std::move(ended));
    }

    static void ignored(int /*rc*/, const void* /*data*/) {} // the link's state tells of refusals

    static void on_session(_zhandle*, int type, int state, const char*, void*)
    {
        if (type != ZOO_SESSION_EVENT)
            return;
        if (state == ZOO_CONNECTED_STATE)
            running->events_.on_link(link_state::connected);
        else if (state == ZOO_EXPIRED_SESSION_STATE)
            running->events_.on_link(link_state::expired);
        else if (state == ZOO_AUTH_FAILED_STATE)
            running->events_.on_link(link_state::auth_refused);
        else
            running->events_.on_link(link_state::none);
    }

    // Session events go to every watcher and take none away: they are none of its business.
    static void on_node(_zhandle*, int type, int, const char* path, void*)
    {
        if (type == ZOO_CHANGED_EVENT || type == ZOO_DELETED_EVENT || type == ZOO_CHILD_EVENT)
            running->events_.on_watch_fired(path);
    }
};

zk_handle::zk_handle(const client_config& config, zk_handle_events& events)
    : events_(events), session_timeout_(config.session_timeout), auth_(config.auth),
      creator_all_(config.creator_all_acl)
{
}

zk_handle::~zk_handle()
{
    close();
}

bool zk_handle::open(const std::vector<endpoint>& servers)
{
    zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
    // Our order, which is shuffled already; the client's own shuffling reseeds the process's random
    // numbers again and again.
    zoo_deterministic_conn_order(1);
    const c_call guard(*this);
    zh_ = zookeeper_init2(to_connect_string(servers).c_str(),
                          &zk_callbacks::on_session,
                          static_cast<int>(session_timeout_.count()),
                          nullptr,
                          nullptr,
                          ZOO_NO_LOG_CLIENTENV, // would ask for user names: it may block
                          &note_complaint);
    if (zh_ == nullptr)
        return false;
    // The default looks the addresses up again on every `interest` (ZOOKEEPER-1998).
    zoo_set_servers_resolution_delay(zh_, -1);
    for (const credentials& each : auth_)
        zoo_add_auth(zh_,
                     each.scheme.c_str(),
                     each.secret.data(),
                     static_cast<int>(each.secret.size()),
                     &zk_callbacks::ignored,
                     nullptr);
    return true;
}

zk_handle::refusal zk_handle::outcome(int rc) const
{
    if (rc == ZOK)
        return std::nullopt;
    return to_code(rc);
}

const ACL_vector* zk_handle::acl() const
{
    return creator_all_ ? &ZOO_CREATOR_ALL_ACL : &ZOO_OPEN_ACL_UNSAFE;
}

zk_handle::refusal zk_handle::create(number id, const create_request& request)
{
    const c_call guard(*this);
    // create2 for all kinds: it returns the stat, and for containers the C client knows it too.
    return outcome(zoo_acreate2(zh_,
                                request.path.c_str(),
                                request.data.data(),
                                static_cast<int>(request.data.size()),
                                acl(),
                                to_flags(request.mode),
                                &zk_callbacks::created,
                                to_data(id)));
}

zk_handle::refusal zk_handle::children(number id, const std::string& path)
{
    const c_call guard(*this);
    return outcome(zoo_awget_children2(
        zh_, path.c_str(), nullptr, nullptr, &zk_callbacks::listed, to_data(id)));
}

zk_handle::refusal zk_handle::watch(number id, const std::string& path)
{
    const c_call guard(*this);
    // get, not exists: that one would leave a watch on a znode that is gone, for ever. One function
    // and context for all watches: distinct ones are compared with each other, N squared.
    return outcome(zoo_awget(
        zh_, path.c_str(), &zk_callbacks::on_node, nullptr, &zk_callbacks::read, to_data(id)));
}

zk_handle::refusal zk_handle::watch_children(number id, const std::string& path)
{
    const c_call guard(*this);
    return outcome(zoo_awget_children2(
        zh_, path.c_str(), &zk_callbacks::on_node, nullptr, &zk_callbacks::listed, to_data(id)));
}

zk_handle::refusal zk_handle::unwatch(number id, const std::string& path)
{
    const c_call guard(*this);
    // "All" because the removal of a single one leaves it at the server; never local, it crashes
    // (ZOOKEEPER-2320); the completion's declared type has a star too many.
    return outcome(
        zoo_aremove_all_watches(zh_,
                                path.c_str(),
                                ZWATCHTYPE_ANY,
                                0,
                                reinterpret_cast<void_completion_t*>(&zk_callbacks::done),
                                to_data(id)));
}

zk_handle::refusal zk_handle::stat(number id, const std::string& path)
{
    const c_call guard(*this);
    return outcome(
        zoo_awexists(zh_, path.c_str(), nullptr, nullptr, &zk_callbacks::stated, to_data(id)));
}

zk_handle::refusal zk_handle::remove(number id, const std::string& path)
{
    const c_call guard(*this);
    return outcome(zoo_adelete(zh_, path.c_str(), -1, &zk_callbacks::done, to_data(id)));
}

zk_handle::refusal zk_handle::multi(number id, std::vector<multi_op> ops)
{
    const c_call guard(*this);
    const auto entry =
        multis_.emplace(id, std::make_unique<multi_call>(multi_call{.ops = std::move(ops)})).first;
    multi_call& call = *entry->second;
    call.c_ops.resize(call.ops.size());
    call.results.resize(call.ops.size());
    call.names.resize(call.ops.size());
    call.stats.resize(call.ops.size());
    for (std::size_t i = 0; i < call.ops.size(); ++i)
        fill(call, i);
    const auto refused = outcome(zoo_amulti(zh_,
                                            static_cast<int>(call.c_ops.size()),
                                            call.c_ops.data(),
                                            call.results.data(),
                                            &zk_callbacks::committed,
                                            to_data(id)));
    if (refused)
        multis_.erase(entry);
    return refused;
}

zk_handle::refusal zk_handle::sync(number id, const std::string& path)
{
    const c_call guard(*this);
    return outcome(zoo_async(zh_, path.c_str(), &zk_callbacks::synced, to_data(id)));
}

link_state zk_handle::link() const
{
    const int state = zh_ == nullptr ? ZOO_NOTCONNECTED_STATE : zoo_state(zh_);
    if (state == ZOO_CONNECTED_STATE)
        return link_state::connected;
    if (state == ZOO_ASSOCIATING_STATE)
        return link_state::handshake;
    if (state == ZOO_CONNECTING_STATE)
        return link_state::connecting;
    if (state == ZOO_EXPIRED_SESSION_STATE)
        return link_state::expired;
    if (state == ZOO_AUTH_FAILED_STATE)
        return link_state::auth_refused;
    return link_state::none; // 0 after a loss, 999 after one that it kept to itself
}

bool zk_handle::has_socket() const
{
    const link_state now = link();
    return now == link_state::connecting || now == link_state::handshake ||
           now == link_state::connected;
}

zk_handle::identity zk_handle::session() const
{
    const clientid_t* const client = zoo_client_id(zh_);
    identity who{.id = client->client_id};
    std::copy(std::begin(client->passwd), std::end(client->passwd), who.password.begin());
    return who;
}

std::chrono::milliseconds zk_handle::session_timeout() const
{
    return zh_ == nullptr ? session_timeout_ : std::chrono::milliseconds{zoo_recv_timeout(zh_)};
}

zk_handle::wanted zk_handle::interest()
{
    const c_call guard(*this);
    wanted what;
    int events = 0;
    timeval wait{};
    // Some paths leave the results untouched, and one leaves the number of a closed socket.
    if (zookeeper_interest(zh_, &what.fd, &events, &wait) != ZOK)
        return {};
    what.ok = true;
    what.write = (events & ZOOKEEPER_WRITE) != 0;
    what.wait = std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec};
    return what;
}

zk_handle::progress zk_handle::process(bool read, bool write)
{
    const c_call guard(*this);
    const int rc =
        zookeeper_process(zh_, (read ? ZOOKEEPER_READ : 0) | (write ? ZOOKEEPER_WRITE : 0));
    if (rc == ZOK)
        return progress::packet;
    return rc == ZNOTHING ? progress::nothing : progress::failed;
}

bool zk_handle::set_servers(const std::vector<endpoint>& servers)
{
    // The C client compares addresses without their ports and keeps its list when all are the same,
    // so it is given another one in between: an address that belongs to nobody (RFC 5737). Test:
    // "servers are changed in place, and the session kept", integration.
    const c_call guard(*this);
    return zoo_set_servers(zh_, "192.0.2.1:1") == ZOK &&
           zoo_set_servers(zh_, to_connect_string(servers).c_str()) == ZOK;
}

void zk_handle::close()
{
    if (zh_ == nullptr)
        return;
    const c_call guard(*this);
    zookeeper_close(std::exchange(zh_, nullptr));
    multis_.clear();
}

} // namespace paddock::detail
