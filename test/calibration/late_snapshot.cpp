#include "test/calibration/late_snapshot.hpp"

#include "test/support/zk_frames.hpp"

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace paddock::calibration {

namespace {

using test::append_buffer;
using test::append_int32;
using test::append_int64;

constexpr std::int64_t snapshot_zxid = 1;

void append_node(std::string& bytes, const std::string& path, std::int32_t children_made)
{
    constexpr std::int64_t open_acl = -1;
    append_buffer(bytes, path);
    append_buffer(bytes, ""); // data
    append_int64(bytes, open_acl);
    append_int64(bytes, snapshot_zxid); // created in
    append_int64(bytes, snapshot_zxid); // changed in
    append_int64(bytes, 0);             // created at
    append_int64(bytes, 0);             // changed at
    append_int32(bytes, 0);             // version
    append_int32(bytes, children_made);
    append_int32(bytes, 0);             // version of its ACL
    append_int64(bytes, 0);             // owner
    append_int64(bytes, snapshot_zxid); // children changed in
}

std::uint32_t adler32(std::string_view bytes)
{
    constexpr std::uint32_t modulus = 65'521;
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    for (const char each : bytes) {
        low = (low + static_cast<unsigned char>(each)) % modulus;
        high = (high + low) % modulus;
    }
    return high << 16 | low;
}

} // namespace

void write_late_snapshot(const std::filesystem::path& data_folder,
                         const std::string& path,
                         std::int32_t next)
{
    std::string bytes = "ZKSN";
    append_int32(bytes, 2);  // version of the format
    append_int64(bytes, -1); // database
    append_int32(bytes, 0);  // sessions
    append_int32(bytes, 0);  // ACLs
    append_node(bytes, "", 1);
    append_node(bytes, path, next);
    append_buffer(bytes, "/"); // no more znodes
    append_int64(bytes, adler32(bytes));
    append_buffer(bytes, "/");

    const auto folder = data_folder / "version-2";
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / ("snapshot." + std::to_string(snapshot_zxid)), std::ios::binary);
    if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
        throw std::runtime_error("no snapshot could be written to " + folder.string());
}

} // namespace paddock::calibration
