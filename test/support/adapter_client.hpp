#pragma once

/// The real ZooKeeper client under test: it lives on the I/O thread, the test on its own.

#include "src/runtime.hpp"
#include "test/support/socket.hpp"
#include "test/support/wait.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace paddock::test {

/// How a test's client is set up.
struct adapter_config {
    std::chrono::milliseconds session_timeout{4'000};
    std::vector<detail::credentials> auth{};
    bool creator_all_acl = false;
};

/// What the handlers of the calls got.
struct created_result {
    detail::reply end;
    std::string path;
    detail::node_stat stat;
};
struct listed_result {
    detail::reply end;
    std::vector<std::string> names;
    detail::node_stat parent;
};
struct got_result {
    detail::reply end;
    detail::node_stat stat;
};
struct committed_result {
    detail::reply end;
    detail::multi_outcome outcome;
};

/// The seam's form of the harness's endpoints.
detail::endpoint to_seam(const endpoint& server);

/// One client, with the events it told of and calls that can be waited for.
///
/// Lifetime: the destructor closes the session and waits for that, bounded.
/// Threads: the test's; `calls` and what it starts run on the I/O thread.
class adapter_client {
public:
    explicit adapter_client(const std::vector<endpoint>& servers, adapter_config config = {});
    ~adapter_client();
    adapter_client(const adapter_client&) = delete;
    adapter_client& operator=(const adapter_client&) = delete;

    /// Runs something on the I/O thread and waits for it.
    void calls(const std::function<void(detail::zk_client&)>& work);

    std::future<created_result> start_create(std::string path,
                                             detail::create_mode mode,
                                             std::chrono::milliseconds patience = usual_patience);
    created_result create(std::string path,
                          detail::create_mode mode = detail::create_mode::persistent);
    listed_result children(std::string path);
    got_result watch(std::string path);
    got_result stat(std::string path);
    detail::reply unwatch(std::string path);
    detail::reply remove(std::string path);
    detail::reply sync(std::string path);
    committed_result multi(std::vector<detail::multi_op> ops);
    detail::reply close();
    /// Lets go of the client without closing it.
    void abandon();

    /// The events in the order they came: `up`, `down`, `expired`, `auth_refused`, `watch PATH`.
    std::vector<std::string> events() const;
    std::size_t count(const std::string& event) const;
    detail::connection_info connection() const;
    void wait_for(const std::string& event, std::size_t times = 1);

    static constexpr std::chrono::milliseconds usual_patience{2'500};

private:
    template <typename Result, typename Start>
    std::future<Result> ask(Start start);

    std::shared_ptr<detail::runtime> io_;
    std::shared_ptr<detail::zk_client> client_; // touched on the I/O thread only
    bool closed_ = false;

    // An object of its own: a class derived from this one is not finished when events come.
    struct recorder final : detail::zk_events {
        void on_connected(const detail::connection_info& info) override;
        void on_disconnected() override;
        void on_session_over(detail::session_end reason) override;
        void on_watch(const std::string& path) override;
        void note(std::string event);

        mutable std::mutex mutex;
        std::vector<std::string> events;
        detail::connection_info info;
    };
    recorder recorder_;
};

} // namespace paddock::test
