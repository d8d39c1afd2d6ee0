#include "test/chaos/docker_ensemble.hpp"

#include "test/support/child_process.hpp"
#include "test/support/claim.hpp"
#include "test/support/four_letter.hpp"
#include "test/support/temp_folder.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace paddock::test {

namespace {

constexpr auto image = "paddock/zookeeper:latest";
constexpr std::uint16_t client_port = 2181;
constexpr std::string_view peer_ports = ":2888:3888";
constexpr int subnets = 512; // the /24 networks of 198.18.0.0/15

/// A container or network with this label belongs to the process it names.
constexpr auto owner_label = "paddock.test.owner";

/// A container is started, stopped or removed in about a second; busy machines take ten of them.
constexpr std::chrono::milliseconds engine_limit{60'000};

/// The script tries three times.
constexpr std::chrono::milliseconds engine_start_limit{120'000};

/// The packages for the image are downloaded once.
constexpr std::chrono::milliseconds image_limit{600'000};

/// Three of these and the next one asks the next server: an election must not wait for a frozen
/// one.
constexpr std::chrono::milliseconds probe_limit{300};

/// Then its processes are stopped one by one.
constexpr int pause_tries = 3;

// Three servers that start at once beside a busy machine's other work elect late: two minutes were
// never reached where 30 s were.
constexpr std::chrono::milliseconds serving_limit{120'000};

/// Runs a program to its end; returns what it printed, standard error included.
std::string run_within(const std::vector<std::string>& argv, std::chrono::milliseconds limit)
{
    const temp_folder folder;
    const auto log = folder.path() / "output";
    child_process child({.argv = argv, .env = {}, .cwd = {}, .log = log, .network_namespace = {}});
    const int code = child.wait(limit);
    std::ostringstream output;
    output << std::ifstream(log).rdbuf();
    if (code == 0)
        return output.str();
    std::string command;
    for (const auto& word : argv)
        command += " " + word;
    throw std::runtime_error("exit code " + std::to_string(code) + " of:" + command + "\n" +
                             output.str());
}

std::string run_script(const std::string& command, std::chrono::milliseconds limit)
{
    return run_within({PADDOCK_DOCKER_SCRIPT, command}, limit);
}

std::string last_line(const std::string& text)
{
    std::string last;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        last = line;
    return last;
}

std::vector<std::string> words_of(const std::string& text)
{
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string word; in >> word;)
        words.push_back(std::move(word));
    return words;
}

std::string next_name()
{
    static std::atomic<int> made{0};
    return "paddock-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
}

std::pair<int, unique_fd> claim_subnet()
{
    const int first = static_cast<int>(::getpid() % subnets); // spreads processes
    for (int i = 0; i < subnets; ++i) {
        const int subnet = (first + i) % subnets;
        if (auto claimed = claim("subnet-" + std::to_string(subnet)))
            return {subnet, std::move(*claimed)};
    }
    throw std::runtime_error("docker_ensemble: all test subnets are in use");
}

/// The first three numbers of a test subnet's addresses.
std::string subnet_prefix(int subnet)
{
    return "198." + std::to_string(18 + subnet / 256) + "." + std::to_string(subnet % 256);
}

bool is_gone(const std::string& owner)
{
    const pid_t pid = std::stoi(owner);
    return ::kill(pid, 0) != 0 && errno == ESRCH;
}

} // namespace

const std::string& docker_ensemble::unavailable_reason()
{
    static const std::string reason = []() -> std::string {
        try {
            run_script("engine-up", engine_start_limit);
            return {};
        } catch (const std::exception& error) {
            return std::string("containers cannot be run here: ") + error.what();
        }
    }();
    return reason;
}

docker_ensemble::docker_ensemble(std::chrono::milliseconds tick)
    : engine_(last_line(run_script("image", image_limit))), name_(next_name())
{
    remove_leftovers();
    std::tie(subnet_, subnet_claim_) = claim_subnet();
    try {
        docker({"network",
                "create",
                "--label",
                owner_label + ("=" + std::to_string(::getpid())),
                "--subnet",
                subnet_prefix(subnet_) + ".0/24",
                name_});
        for (std::size_t server = 0; server < server_count; ++server)
            create(server, tick);
        docker({"start", container(0), container(1), container(2)});
        for (std::size_t server = 0; server < server_count; ++server)
            wait_until_serving(server);
    } catch (...) {
        remove();
        throw;
    }
}

docker_ensemble::~docker_ensemble()
{
    remove();
}

void docker_ensemble::create(std::size_t server, std::chrono::milliseconds tick)
{
    std::vector<std::string> words{"create",
                                   "--name",
                                   container(server),
                                   "--network",
                                   name_,
                                   "--ip",
                                   server_ip(server),
                                   "--label",
                                   owner_label + ("=" + std::to_string(::getpid()))};
    std::string members;
    for (std::size_t i = 0; i < server_count; ++i) {
        const auto number = std::to_string(i + 1);
        members += " server." + number + "=" + server_ip(i) + std::string(peer_ports);
        // For looking up names of addresses, which Java does and which must not ask the network.
        words.insert(words.end(), {"--add-host", "zk" + number + ":" + server_ip(i)});
    }
    const std::vector<std::string> settings{
        "ZOO_MY_ID=" + std::to_string(server + 1),
        "ZOO_SERVERS=" + members,
        "ZOO_TICK_TIME=" + std::to_string(tick.count()),
        // A killed server loses nothing that way, only a machine that loses power would.
        "JVMFLAGS=-Dzookeeper.forceSync=no",
    };
    for (const auto& setting : settings)
        words.insert(words.end(), {"--env", setting});
    words.emplace_back(image);
    docker(std::move(words));
}

void docker_ensemble::remove_leftovers() const
{
    const std::string format = "{{.ID}} {{.Label \"" + std::string(owner_label) + "\"}}";
    const auto remove_stale = [&](std::vector<std::string> list, std::vector<std::string> remove) {
        list.insert(list.end(),
                    {"--filter", "label=" + std::string(owner_label), "--format", format});
        const auto words = words_of(docker(std::move(list)));
        for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
            if (!is_gone(words[i + 1]))
                continue;
            auto command = remove;
            command.push_back(words[i]);
            docker_quietly(std::move(command));
        }
    };
    remove_stale({"ps", "--all"}, {"rm", "--force", "--volumes"});
    remove_stale({"network", "ls"}, {"network", "rm"});
}

void docker_ensemble::remove() noexcept
{
    docker_quietly({"rm", "--force", "--volumes", container(0), container(1), container(2)});
    docker_quietly({"network", "rm", name_});
}

std::string docker_ensemble::docker(std::vector<std::string> words) const
{
    words.insert(words.begin(), {"docker", "--host", engine_});
    return run_within(words, engine_limit);
}

void docker_ensemble::docker_quietly(std::vector<std::string> words) const noexcept
{
    try {
        docker(std::move(words));
    } catch (const std::exception&) {
        // Clean-up: what is gone already, or never came to be, is as it should be.
    }
}

std::string docker_ensemble::container(std::size_t server) const
{
    return name_ + "-zk" + std::to_string(server + 1);
}

std::string docker_ensemble::server_ip(std::size_t server) const
{
    return subnet_prefix(subnet_) + "." + std::to_string(11 + server); // .1 is this machine
}

endpoint docker_ensemble::client_endpoint(std::size_t server) const
{
    return {.host = server_ip(server), .port = client_port};
}

std::string docker_ensemble::hosts() const
{
    std::string text;
    for (std::size_t server = 0; server < server_count; ++server)
        text += (text.empty() ? "" : ",") + address(server);
    return text;
}

std::string docker_ensemble::address(std::size_t server) const
{
    return client_endpoint(server).text();
}

std::string docker_ensemble::state(std::size_t server) const
{
    return last_line(docker({"inspect", "--format", "{{.State.Status}}", container(server)}));
}

void docker_ensemble::kill(std::size_t server)
{
    const auto now = state(server);
    if (now == "paused") // frozen, it would die only once it is let go
        docker_quietly({"unpause", container(server)});
    if (now == "paused" || now == "running")
        docker({"kill", container(server)});
    stopped_.at(server) = false;
}

void docker_ensemble::restart(std::size_t server)
{
    const auto now = state(server);
    if (now != "paused" && now != "running")
        docker({"start", container(server)});
}

void docker_ensemble::pause(std::size_t server)
{
    for (int tries = 0; tries < pause_tries; ++tries) {
        if (state(server) != "running" || stopped_.at(server))
            return;
        try {
            docker({"pause", container(server)});
            return;
        } catch (const std::exception& error) { // a busy machine: runc waits half a second
            std::printf("docker pause failed: %s", error.what());
        }
    }
    std::printf("SIGSTOP instead\n");
    docker({"kill", "--signal", "STOP", container(server)});
    stopped_[server] = true;
}

void docker_ensemble::resume(std::size_t server)
{
    if (state(server) == "paused")
        docker({"unpause", container(server)});
    if (std::exchange(stopped_.at(server), false))
        docker_quietly({"kill", "--signal", "CONT", container(server)}); // it may have been killed
}

void docker_ensemble::isolate(std::size_t server)
{
    if (std::exchange(isolated_.at(server), true))
        return;
    docker({"network", "disconnect", name_, container(server)});
}

void docker_ensemble::heal(std::size_t server)
{
    if (!std::exchange(isolated_.at(server), false))
        return;
    docker({"network", "connect", "--ip", server_ip(server), name_, container(server)});
}

std::optional<std::size_t> docker_ensemble::leader()
{
    for (std::size_t server = 0; server < server_count; ++server)
        if (!isolated_[server] && server_mode(client_endpoint(server), probe_limit) == "leader")
            return server;
    return std::nullopt;
}

void docker_ensemble::wait_until_serving(std::size_t server, source_line where)
{
    try {
        wait_until([&] { return server_mode(client_endpoint(server), probe_limit).has_value(); },
                   serving_limit,
                   where);
    } catch (const timed_out& error) {
        throw std::runtime_error(container(server) + ": " + error.what() +
                                 "\nthe end of its log:\n" +
                                 docker({"logs", "--tail", "40", container(server)}));
    }
}

} // namespace paddock::test
