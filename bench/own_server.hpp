#pragma once

#include <string>
#include <sys/types.h>

namespace bench {

/// A standalone ZooKeeper server for as long as this object, or the process, lives.
///
/// It is `scripts/ensemble up 1` in a folder of its own, and is taken down also when the process is
/// killed: a helper waits for the end of a pipe.
class own_server {
public:
    /// Starts it and waits until it serves. Errors: `std::runtime_error`.
    own_server();
    ~own_server();
    own_server(const own_server&) = delete;
    own_server& operator=(const own_server&) = delete;

    /// Where it listens: `127.0.0.1:port`.
    const std::string& address() const { return address_; }

private:
    void start();
    void stop();

    pid_t helper_{-1};
    int lifeline_{-1}; ///< the helper's standard input; closing it takes the server down
    std::string folder_;
    std::string address_;
};

} // namespace bench
