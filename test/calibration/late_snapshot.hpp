#pragma once

/// Data of a server in which a znode has nearly used up the numbers of its children.

#include <cstdint>
#include <filesystem>
#include <string>

namespace paddock::calibration {

/// Writes a snapshot with `path`, a child of the root, into a server's empty data folder. The next
/// sequential child of it will get the number `next`.
///
/// Source: FileSnap, SerializeUtils and DataTree of ZooKeeper 3.8.
void write_late_snapshot(const std::filesystem::path& data_folder,
                         const std::string& path,
                         std::int32_t next);

} // namespace paddock::calibration
