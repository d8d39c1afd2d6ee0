#include "demo/ensemble.hpp"

#include "demo/child_process.hpp"
#include "demo/four_letter.hpp"

#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace cache_producer {

namespace {

constexpr int servers = 3;
/// Three cold Java machines on a busy machine; the script has limits of its own.
constexpr std::chrono::seconds script_limit{240};

std::string text_of(const std::filesystem::path& file)
{
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The rest of the first line that begins with `start`; empty if there is none.
std::string line_after(const std::string& text, std::string_view start)
{
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(start))
            return line.substr(start.size());
    }
    return {};
}

int client_port(const std::filesystem::path& server)
{
    return std::stoi(line_after(text_of(server / "zoo.cfg"), "clientPort="));
}

} // namespace

ensemble::ensemble(std::filesystem::path script,
                   std::filesystem::path folder,
                   std::chrono::milliseconds tick)
    : script_(std::move(script)), folder_(std::move(folder)), tick_(tick)
{
    try {
        std::istringstream output(run({"up", std::to_string(servers)}));
        for (std::string line; std::getline(output, line);)
            hosts_ = line; // the last line is the connect string
    } catch (...) {
        std::cerr << text_of(folder_.string() + ".log");
        shut_down(); // an object that was never made has no destructor
        throw;
    }
}

ensemble::~ensemble()
{
    shut_down();
}

void ensemble::shut_down() noexcept
{
    try {
        run({"down"});
    } catch (const std::exception& error) {
        std::cerr << "the ensemble in " << folder_ << ": " << error.what() << "\n";
    }
}

std::optional<int> ensemble::leader() const
{
    for (int number = 1; number <= servers; ++number) {
        if (mode(number) == "leader")
            return number;
    }
    return std::nullopt;
}

int ensemble::serving() const
{
    int count = 0;
    for (int number = 1; number <= servers; ++number)
        count += mode(number).empty() ? 0 : 1;
    return count;
}

void ensemble::kill(int number)
{
    ::kill(pid_of(number), SIGKILL);
}

void ensemble::start(int number)
{
    run({"start", std::to_string(number)});
}

std::vector<std::string> ensemble::ephemerals(std::string_view root) const
{
    const auto number = leader();
    const auto dump = number ? four_letter(client_port(folder_of(*number)), "dump") : "";
    if (dump.empty())
        throw std::runtime_error("no leader tells which ephemeral znodes there are");
    std::vector<std::string> found;
    std::istringstream in(dump);
    const auto start =
        std::string("\t").append(root).append("/"); // their lines are indented by a tab
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(start))
            found.push_back(line.substr(1));
    }
    return found;
}

std::string ensemble::run(std::vector<std::string> command)
{
    command.insert(command.begin(), script_.string());
    const std::filesystem::path output = folder_.string() + ".out";
    const auto text = command[1];
    const int code =
        run_to_end({.argv = std::move(command),
                    .log = folder_.string() + ".log",
                    .output = output,
                    .environment = {"PADDOCK_ENSEMBLE_DIR=" + folder_.string(),
                                    "PADDOCK_TICK_MS=" + std::to_string(tick_.count())},
                    // it ends in order, and what it started goes down later
                    .death_signal = SIGTERM},
                   script_limit);
    if (code != 0)
        throw std::runtime_error(script_.string() + " " + text + " failed with exit code " +
                                 std::to_string(code));
    return text_of(output);
}

std::string ensemble::mode(int number) const
{
    return line_after(four_letter(client_port(folder_of(number)), "srvr"), "Mode: ");
}

std::filesystem::path ensemble::folder_of(int number) const
{
    return folder_ / std::to_string(number);
}

pid_t ensemble::pid_of(int number) const
{
    const auto pid = static_cast<pid_t>(std::stol(text_of(folder_of(number) / "pid")));
    // A number can have gone to another process since: its command line must name our server.
    const auto command = text_of("/proc/" + std::to_string(pid) + "/cmdline");
    if (command.find((folder_of(number) / "zoo.cfg").string()) == std::string::npos)
        throw std::runtime_error("server " + std::to_string(number) + " does not run");
    return pid;
}

} // namespace cache_producer
