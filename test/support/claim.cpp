#include "test/support/claim.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>

namespace paddock::test {

std::optional<unique_fd> claim(const std::string& name)
{
    const std::string text = "paddock-test-" + name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (text.size() >= sizeof address.sun_path)
        throw std::invalid_argument("claim: name too long: " + name);
    std::copy(text.begin(), text.end(), address.sun_path + 1); // a leading NUL makes it abstract

    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
        return std::nullopt;
    return socket;
}

} // namespace paddock::test
