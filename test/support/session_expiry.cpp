#include "test/support/session_expiry.hpp"

#include "test/support/zk_frames.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace paddock::test {

namespace {

/// java.util.Random, whose sequence the server takes session passwords from.
class java_random {
public:
    explicit java_random(std::uint64_t seed) : state_((seed ^ multiplier) & mask) {}

    std::uint32_t next()
    {
        state_ = (state_ * multiplier + 0xB) & mask;
        return static_cast<std::uint32_t>(state_ >> 16);
    }

private:
    static constexpr std::uint64_t multiplier = 0x5DEECE66D;
    static constexpr std::uint64_t mask = (std::uint64_t{1} << 48) - 1;

    std::uint64_t state_;
};

std::string password_of(session_id session)
{
    constexpr std::uint64_t server_constant = 0xB3415C00;
    constexpr std::size_t password_bytes = 16;
    java_random random(static_cast<std::uint64_t>(session) ^ server_constant);
    std::string password;
    while (password.size() < password_bytes) {
        const std::uint32_t word = random.next();
        for (int shift = 0; shift < 32; shift += 8) // Java takes the lowest byte first
            password.push_back(static_cast<char>(word >> shift & 0xff));
    }
    return password;
}

std::string framed(const std::string& body)
{
    std::string frame;
    append_buffer(frame, body);
    return frame;
}

std::string resume_request(session_id session)
{
    std::string body;
    append_int32(body, 0);      // protocol version
    append_int64(body, 0);      // last zxid seen: any server is recent enough
    append_int32(body, 10'000); // time-out in ms; clamped by the server
    append_int64(body, session);
    append_buffer(body, password_of(session));
    body.push_back('\0'); // not read-only
    return framed(body);
}

std::string close_request()
{
    std::string body;
    append_int32(body, 1); // request number
    append_int32(body, static_cast<std::int32_t>(opcode::close_session));
    return framed(body);
}

std::string receive_frame(const unique_fd& socket, std::chrono::milliseconds limit)
{
    std::string frame = receive(socket, 4, limit);
    if (frame.size() == 4)
        frame += receive(socket, static_cast<std::size_t>(int32_at(frame, 0)), limit);
    return frame;
}

/// Whether the end was confirmed; nothing when the session is not there (any more).
std::optional<bool>
try_to_expire(const endpoint& server, session_id session, std::chrono::milliseconds limit)
{
    const auto socket = connect_to(server, limit);
    send_all(socket, resume_request(session), limit);
    try {
        const std::string greeting = receive_frame(socket, limit);
        constexpr std::size_t id_offset = 12; // after length, version, time-out
        if (greeting.size() < id_offset + 8)
            return false;
        if (int64_at(greeting, id_offset) != session)
            return std::nullopt;
        send_all(socket, close_request(), limit);
        return !receive_frame(socket, limit).empty();
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::timed_out)
            throw; // frozen: a next try would take as long
        return false;
    }
}

} // namespace

void expire_session(const endpoint& server, session_id session, std::chrono::milliseconds limit)
{
    auto ended = try_to_expire(server, session, limit);
    if (!ended)
        throw std::runtime_error("expire_session: unknown to " + server.text());
    // A client that is quick takes its session back before it is closed; the server hangs up on us.
    constexpr int tries_max = 20;
    for (int tries = 1; ended == false; ++tries) {
        if (tries == tries_max)
            throw std::runtime_error("expire_session: no answer from " + server.text());
        ended = try_to_expire(server, session, limit);
    }
}

} // namespace paddock::test
