// libFuzzer's way into one target; the build names it.

#include "test/fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    paddock::fuzz::PADDOCK_FUZZ_TARGET(paddock::fuzz::input({data, size}));
    return 0;
}
