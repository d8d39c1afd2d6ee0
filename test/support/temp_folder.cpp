#include "test/support/temp_folder.hpp"

#include <cerrno>
#include <cstdlib>
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
    std::error_code ignored; // what cannot be removed must not hide the result of the test
    if (!path_.empty())
        std::filesystem::remove_all(path_, ignored);
}

} // namespace paddock::test
