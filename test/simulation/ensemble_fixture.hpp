#pragma once

#include "test/simulation/ensemble.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paddock::simulation {

/// A client that does only what its test tells it, over one connection at a time.
class scripted_client final : public host, public client_end {
public:
    scripted_client(world& where, ensemble& servers, std::string name)
        : host(where, std::move(name)), servers_(servers)
    {
    }

    void on_session(const connect_answer& answer) override
    {
        session = answer;
        if (answer.session_id != 0)
            keep = {answer.session_id, answer.password};
    }
    void on_answer(answer&& answer) override
    {
        if (answer.zxid > last_zxid)
            last_zxid = answer.zxid;
        answers.push_back(std::move(answer));
        order.push_back("answer");
    }
    void on_watch_event(const watch_event& event) override
    {
        events.push_back(event);
        constexpr const char* words[] = {"changed ", "deleted ", "children "};
        order.push_back(words[static_cast<int>(event.what)] + event.path);
    }

    /// Asks for the session it has, or for a new one.
    void connect(std::size_t server, std::chrono::milliseconds timeout = 4s)
    {
        connect_request wanted;
        wanted.session_id = keep.first;
        wanted.password = keep.second;
        wanted.timeout = timeout;
        wanted.last_zxid = last_zxid;
        wanted.auth = auth;
        session.reset();
        closed = false;
        link = servers_.connect(*this, server, wanted, *this);
        link->on_closed(side::opener, [this, opened = link.get()] {
            if (link.get() == opened)
                closed = true;
        });
    }
    void hang_up()
    {
        link->on_closed(side::opener, nullptr);
        link->close(side::opener);
        closed = true;
    }

    std::uint64_t submit(request wanted)
    {
        wanted.xid = ++xid_;
        servers_.submit(link, std::move(wanted));
        return xid_;
    }
    std::uint64_t submit(operation body, bool watch = false)
    {
        request wanted;
        wanted.body = std::move(body);
        wanted.watch = watch;
        return submit(std::move(wanted));
    }

    bool connected() const { return session && session->session_id != 0 && !closed; }
    const answer* find(std::uint64_t xid) const
    {
        for (const auto& one : answers) {
            if (one.xid == xid)
                return &one;
        }
        return nullptr;
    }

    std::vector<detail::credentials> auth;
    std::pair<std::int64_t, std::uint64_t> keep{};
    std::int64_t last_zxid{0};
    std::shared_ptr<connection> link;
    std::optional<connect_answer> session;
    bool closed{false};
    std::vector<answer> answers;
    std::vector<watch_event> events;
    std::vector<std::string> order; ///< answers and events as they came

private:
    ensemble& servers_;
    std::uint64_t xid_{0};
};

/// A world with an ensemble in it and clients that do what they are told.
class ensemble_fixture {
public:
    explicit ensemble_fixture(ensemble_config config = {}, std::uint64_t seed = 1)
        : where(seed), net(where), servers(where, net, std::move(config))
    {
    }

    void run(nanoseconds time) { where.run_until(where.now() + time); }
    template <typename Condition>
    bool run_until(Condition condition, nanoseconds limit = 120s)
    {
        const auto end = where.now() + limit;
        while (!condition() && where.now() < end)
            where.run_until(where.now() + 1ms);
        return condition();
    }

    /// All servers serve.
    bool settle()
    {
        return run_until([this] {
            for (std::size_t i = 0; i < servers.size(); ++i) {
                if (!servers.serves(i))
                    return false;
            }
            return servers.leader().has_value();
        });
    }
    std::size_t leader() const { return servers.leader().value(); }
    std::size_t follower() const { return (leader() + 1) % servers.size(); }
    std::size_t other_follower() const { return (leader() + 2) % servers.size(); }

    std::unique_ptr<scripted_client> make_client()
    {
        return std::make_unique<scripted_client>(
            where, servers, "client-" + std::to_string(++clients_));
    }
    std::unique_ptr<scripted_client> connect(std::size_t server,
                                             std::chrono::milliseconds timeout = 4s)
    {
        auto made = make_client();
        made->connect(server, timeout);
        run_until([&] { return made->connected() || made->closed; }, 5s);
        return made;
    }
    /// Submits and waits for the answer; empty: none came.
    answer ask(scripted_client& by, request wanted)
    {
        const auto xid = by.submit(std::move(wanted));
        run_until([&] { return by.find(xid) != nullptr || by.closed; }, 30s);
        const auto* const got = by.find(xid);
        answer none;
        none.result = code::system_error;
        return got != nullptr ? *got : none;
    }
    answer ask(scripted_client& by, operation body, bool watch = false)
    {
        request wanted;
        wanted.body = std::move(body);
        wanted.watch = watch;
        return ask(by, std::move(wanted));
    }
    answer ask_all(scripted_client& by, std::vector<operation> ops)
    {
        request wanted;
        wanted.body.what = op::multi;
        wanted.ops = std::move(ops);
        return ask(by, std::move(wanted));
    }

    /// Keeps a server from its fellows; clients reach it.
    void isolate(std::size_t server)
    {
        for (std::size_t i = 0; i < servers.size(); ++i) {
            if (i != server)
                net.cut(servers.server(server), servers.server(i));
        }
    }
    void reunite(std::size_t server)
    {
        for (std::size_t i = 0; i < servers.size(); ++i) {
            if (i != server)
                net.mend(servers.server(server), servers.server(i));
        }
    }

    world where;
    network net;
    ensemble servers;

private:
    int clients_{0};
};

inline operation make(std::string path, std::string data = {})
{
    return {.what = op::create, .path = std::move(path), .data = std::move(data)};
}
inline operation make_container(std::string path)
{
    return {.what = op::create, .path = std::move(path), .mode = detail::create_mode::container};
}
inline operation enqueue(std::string prefix)
{
    return {.what = op::create,
            .path = std::move(prefix),
            .mode = detail::create_mode::ephemeral_sequential};
}
inline operation on(op what, std::string path)
{
    return {.what = what, .path = std::move(path)};
}

} // namespace paddock::simulation
