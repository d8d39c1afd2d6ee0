// Chaos on real servers: `chaos --seconds 60 --seed 7 --on namespaces`. See driver_options.cpp.
//
// Exit codes: 0 as promised, 1 not, 2 wrong words, 4 this machine lacks the rights or tools, 130
// interrupted.

#include "test/chaos/chaos_run.hpp"
#include "test/chaos/docker_ensemble.hpp"
#include "test/chaos/netns_chaos_ensemble.hpp"
#include "test/chaos/small_disk.hpp"
#include "test/support/temp_folder.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

using namespace paddock::test;

namespace {

constexpr int exit_bad = 1;
constexpr int exit_usage = 2;
constexpr int exit_skipped = 4;
constexpr int exit_interrupted = 130;

std::string unavailable_reason(const driver_options& options)
{
    if (options.on_docker)
        return docker_ensemble::unavailable_reason();
    return ::geteuid() == 0 ? netns_chaos_ensemble::unavailable_reason()
                            : "network namespaces need root";
}

std::unique_ptr<chaos_ensemble> make_servers(const driver_options& options,
                                             const temp_folder& folder)
{
    if (options.on_docker)
        return std::make_unique<docker_ensemble>(options.tick);
    return std::make_unique<netns_chaos_ensemble>(chaos_server_setup{
        .clients = options.clients, .tick = options.tick, .folder = folder.path() / "servers"});
}

/// Histories, logs and data go to memory if nobody says otherwise: a write that waits for a disk
/// holds up the thread that notes an answer, for seconds, and the answer looks late.
void write_to_memory()
{
    constexpr auto memory = "/dev/shm";
    if (::access(memory, W_OK) == 0)
        ::setenv("TMPDIR", memory, 0);
}

std::string replay(const driver_options& options)
{
    return "chaos --seed " + std::to_string(options.seed) + " --seconds " +
           std::to_string(options.length.count()) + " --on " +
           (options.on_docker ? "docker" : "namespaces");
}

int run(driver_options options)
{
    if (const auto reason = unavailable_reason(options); !reason.empty()) {
        std::printf("skipped: %s\n", reason.c_str());
        return exit_skipped;
    }
    if (options.seed == 0)
        options.seed = std::random_device{}();
    std::printf("seed %llu; the same faults and calls again: %s\n",
                static_cast<unsigned long long>(options.seed),
                replay(options).c_str());
    const temp_folder folder;
    const temp_folder server_folder;
    const auto servers = make_servers(options, server_folder);
    const bool good = run_chaos(options, *servers, {folder.path(), PADDOCK_CHAOS_CLIENT});
    return good ? 0 : exit_bad;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        const auto options = parse_driver_options({argv + 1, argv + argc});
        catch_interrupts();
        write_to_memory();
        if (!options.on_docker && ::geteuid() == 0)
            use_own_mounts(); // before the first thread; not for a container engine that outlives
                              // us
        return run(options);
    } catch (const bad_usage& error) {
        std::fprintf(stderr, "%s", error.what());
        return exit_usage;
    } catch (const interrupted&) {
        std::fprintf(stderr, "interrupted\n");
        return exit_interrupted;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "chaos: %s\n", error.what());
        return exit_bad;
    }
}
