#include "test/calibration/real_bench.hpp"

#include "src/io_thread.hpp"
#include "test/calibration/late_snapshot.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/session_expiry.hpp"
#include "test/support/socket.hpp"
#include "test/support/tcp_proxy.hpp"
#include "test/support/temp_folder.hpp"
#include "test/support/zk_frames.hpp"

#include <future>
#include <stdexcept>
#include <utility>

namespace paddock::calibration {

namespace {

using detail::reply_code;
using test::wait_limit;

test::server_config usual_config()
{
    test::server_config config;
    config.tick = tick;
    config.java_properties = {"znode.container.checkIntervalMs=" +
                              std::to_string(container_check.count())};
    return config;
}

test::server_process& standalone()
{
    static const test::temp_folder data;
    static test::server_process server = [] {
        write_late_snapshot(data.path(), late_path, late_number);
        auto config = usual_config();
        config.config_lines = {"dataDir=" + data.path().string()}; // the last one counts
        test::server_process made(config);
        made.start();
        return made;
    }();
    return server;
}

test::netns_ensemble& trio()
{
    static test::netns_ensemble servers(usual_config());
    static const bool started = (servers.start(), true);
    static_cast<void>(started);
    return servers;
}

// ---- a raw session, for what the seam has no call for -------------------------------------------

std::string ask(const test::unique_fd& socket, const std::string& body)
{
    std::string frame;
    test::append_buffer(frame, body);
    test::send_all(socket, frame, wait_limit);
    const auto size = test::int32_at(test::receive(socket, 4, wait_limit), 0);
    return test::receive(socket, static_cast<std::size_t>(size), wait_limit);
}

void open_session(const test::unique_fd& socket)
{
    std::string hello;
    test::append_int32(hello, 0);      // protocol version
    test::append_int64(hello, 0);      // last zxid seen
    test::append_int32(hello, 10'000); // time-out
    test::append_int64(hello, 0);      // a new session
    test::append_buffer(hello, std::string(16, '\0'));
    ask(socket, hello);
}

std::string header(std::int32_t xid, test::opcode what)
{
    std::string bytes;
    test::append_int32(bytes, xid);
    test::append_int32(bytes, static_cast<std::int32_t>(what));
    return bytes;
}

void set_data(const test::endpoint& server, const std::string& path)
{
    const auto socket = test::connect_to(server, wait_limit);
    open_session(socket);
    auto request = header(1, test::opcode::set_data);
    test::append_buffer(request, path);
    test::append_buffer(request, "changed");
    test::append_int32(request, -1); // any version
    constexpr std::size_t error_offset = 12;
    if (test::int32_at(ask(socket, request), error_offset) != 0)
        throw std::runtime_error("the data of " + path + " could not be set");
    ask(socket, header(2, test::opcode::close_session));
}

// ---- a client ----------------------------------------------------------------------------------

class real_seat final : public seat {
public:
    real_seat(real_bench& where, const seat_setup& setup, detail::zk_events& events)
        : bench_(where), io_(detail::io_thread::instance())
    {
        for (std::size_t i = 0; i < where.size(); ++i)
            lines_.push_back(std::make_unique<test::tcp_proxy>(where.server(i).client_endpoint()));
        on_thread([&] {
            client_ = io_->make_client({.servers = addresses(setup.servers),
                                        .session_timeout = setup.session_timeout,
                                        .auth = setup.auth,
                                        .creator_all_acl = setup.creator_all_acl},
                                       events);
        });
    }

    ~real_seat() override
    {
        on_thread([this] { client_.reset(); });
        on_thread([] {}); // what the client still owed has run by then
    }

    void run(const std::function<void(detail::zk_client&)>& work) override
    {
        on_thread([&] { work(*client_); });
    }

    std::vector<detail::endpoint> addresses(const std::vector<std::size_t>& servers) override
    {
        std::vector<detail::endpoint> found;
        for (const auto each : servers)
            found.push_back(test::to_seam(lines_.at(each)->listen_endpoint()));
        return found;
    }

    void cut_off() override
    {
        for (const auto& line : lines_)
            line->freeze(true);
    }

    void reunite() override
    {
        for (const auto& line : lines_)
            line->freeze(false);
    }

    void stand_still(std::chrono::milliseconds time) override
    {
        on_thread([time] {
            const auto end = boot_clock::now() + time;
            test::wait_until([end] { return boot_clock::now() >= end; });
        });
    }

    // Away while somebody else ends its session, or it might take it back in the middle of that.
    void expire(std::int64_t session) override
    {
        for (const auto& line : lines_) {
            line->refuse(true);
            line->cut_now();
        }
        test::expire_session(bench_.server(bench_.leader()).client_endpoint(), session);
        for (const auto& line : lines_)
            line->allow();
    }

private:
    void on_thread(const std::function<void()>& work)
    {
        std::promise<void> ran;
        io_->post([&] {
            work();
            ran.set_value();
        });
        if (ran.get_future().wait_for(wait_limit) != std::future_status::ready)
            throw test::timed_out("the I/O thread does not run");
    }

    real_bench& bench_;
    std::shared_ptr<detail::runtime> io_;
    std::vector<std::unique_ptr<test::tcp_proxy>> lines_; // one a server
    std::shared_ptr<detail::zk_client> client_;           // touched on the I/O thread only
};

} // namespace

// ---- the bench ---------------------------------------------------------------------------------

std::unique_ptr<seat> real_bench::take_seat(const seat_setup& setup, detail::zk_events& events)
{
    return std::make_unique<real_seat>(*this, setup, events);
}

void real_bench::wait(const std::function<bool()>& condition, test::source_line where)
{
    test::wait_until(condition, wait_limit, where);
}

test::adapter_client& real_bench::observer()
{
    if (!observer_)
        observer_ = std::make_unique<test::adapter_client>(
            std::vector{server(leader()).client_endpoint()},
            test::adapter_config{.session_timeout = 20 * tick});
    observer_->wait_for("up");
    return *observer_;
}

bool real_bench::has_node(const std::string& path)
{
    return observer().stat(path).end.code != reply_code::no_node;
}

void real_bench::make_node(const std::string& path)
{
    if (observer().create(path).end.code != reply_code::ok)
        throw std::runtime_error(path + " could not be made");
}

void real_bench::change_node(const std::string& path)
{
    set_data(server(leader()).client_endpoint(), path);
}

void real_bench::kill(std::size_t index)
{
    server(index).stop();
    killed_.insert(index);
}

void real_bench::restart(std::size_t index)
{
    server(index).launch();
    killed_.erase(index);
}

void real_bench::stop(std::size_t index)
{
    server(index).pause();
    stopped_.insert(index);
}

void real_bench::go_on(std::size_t index)
{
    server(index).resume();
    stopped_.erase(index);
}

one_real_server::one_real_server()
{
    standalone().wait_until_serving();
}

one_real_server::~one_real_server()
{
    for (const auto index : std::set(stopped_))
        go_on(index);
    for (const auto index : std::set(killed_))
        restart(index);
}

test::server_process& one_real_server::server(std::size_t /*index*/)
{
    return standalone();
}

three_real_servers::three_real_servers()
{
    trio().servers().wait_for_all();
}

three_real_servers::~three_real_servers()
{
    for (const auto index : std::set(stopped_))
        go_on(index);
    for (const auto index : std::set(isolated_))
        rejoin(index);
    for (const auto index : std::set(killed_))
        restart(index);
}

test::server_process& three_real_servers::server(std::size_t index)
{
    return trio()[index];
}

std::size_t three_real_servers::leader()
{
    return trio().servers().leader(isolated_);
}

void three_real_servers::isolate(std::size_t index)
{
    trio().isolate(index);
    isolated_.insert(index);
}

void three_real_servers::rejoin(std::size_t index)
{
    trio().heal(index);
    isolated_.erase(index);
}

// Members of an ensemble of 3.6.0 to 3.8.0 can miss that the leader has committed something, and
// leave the answer until anything else happens there (ZOOKEEPER-4537, CommitProcessor.run). The
// clients here are the seam's, without the heartbeats of a session, and the C client does not ping
// while it waits for an answer: somebody else has to be about.
void three_real_servers::wait(const std::function<bool()>& condition, test::source_line where)
{
    auto next = now() + tick;
    const auto reached = [&] {
        if (condition())
            return true;
        if (now() >= next) {
            wake_servers();
            next = now() + tick;
        }
        return false;
    };
    real_bench::wait(reached, where);
}

void three_real_servers::wake_servers()
{
    for (std::size_t i = bystanders_.size(); i < size(); ++i)
        bystanders_.push_back(std::make_unique<test::adapter_client>(
            std::vector{server(i).client_endpoint()},
            test::adapter_config{.session_timeout = 20 * tick}));
    for (const auto& each : bystanders_)
        each->calls([](detail::zk_client& zk) {
            zk.stat("/",
                    test::adapter_client::usual_patience,
                    [](const detail::reply&, const detail::node_stat&) {});
        });
}

} // namespace paddock::calibration
