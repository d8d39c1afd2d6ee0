#include "test/support/temp_folder.hpp"

#include "test/support/child_process.hpp"

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace paddock::test {

temp_folder::temp_folder()
{
    std::string name = (std::filesystem::temp_directory_path() / "paddock-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    path_ = name;
}

temp_folder::temp_folder(temp_folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

temp_folder::~temp_folder()
{
    if (path_.empty())
        return;
    // By a program, because ThreadSanitizer sees the standard library close folders and not open
    // them: where another thread had a socket of that number before, it reports a race.
    try {
        child_options removal;
        removal.argv = {"rm", "-rf", path_.string()};
        child_process(removal).wait();
    } catch (const std::exception&) {
        return; // what cannot be removed must not hide the result of the test
    }
}

} // namespace paddock::test
