#include "own_server.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

// $0 is scripts/ensemble, $1 its folder.
constexpr auto helper_script = R"(
    export PADDOCK_ENSEMBLE_DIR="$1"
    trap '"$0" down' EXIT
    "$0" up 1 || exit 1
    exec >/dev/null
    cat
)";

// In memory where there is such a place: the clients are compared, and a disk would be most of the
// time and nearly all of the noise.
std::string make_folder()
{
    const bool has_memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    const auto parent =
        has_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    auto path = (parent / "paddock-bench-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), "cannot make " + path);
    return path;
}

struct pipe_ends {
    int read{-1};
    int write{-1};
};

pipe_ends make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    return {ends[0], ends[1]};
}

std::string read_all(int fd)
{
    std::string text;
    std::array<char, 256> part{};
    for (ssize_t size = 0; (size = ::read(fd, part.data(), part.size())) != 0;) {
        if (size > 0)
            text.append(part.data(), static_cast<std::size_t>(size));
        else if (errno != EINTR)
            break;
    }
    return text;
}

std::string last_line(std::string text)
{
    while (text.ends_with('\n'))
        text.pop_back();
    return text.substr(text.rfind('\n') + 1); // npos + 1 is 0
}

} // namespace

own_server::own_server() : folder_(make_folder())
{
    start();
    if (address_.empty()) {
        stop();
        throw std::runtime_error("no server: " PADDOCK_BENCH_ENSEMBLE " up failed, see above");
    }
}

own_server::~own_server()
{
    stop();
}

void own_server::start()
{
    const auto input = make_pipe();
    const auto output = make_pipe();
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input.read, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output.write, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A session of its own: Ctrl-C in the terminal must leave it alive to take the server down.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);

    std::vector<std::string> words{"sh", "-c", helper_script, PADDOCK_BENCH_ENSEMBLE, folder_};
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int error =
        ::posix_spawn(&helper_, "/bin/sh", &files, &attributes, arguments.data(), environ);

    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    ::close(input.read);
    ::close(output.write);
    lifeline_ = input.write;
    if (error == 0)
        address_ = last_line(read_all(output.read));
    else
        helper_ = -1;
    ::close(output.read);
}

void own_server::stop()
{
    ::close(lifeline_);
    if (helper_ > 0)
        ::waitpid(helper_, nullptr, 0);
    ::rmdir(folder_.c_str()); // gone already, unless the script could not even run
}

} // namespace bench
