#pragma once

/// The version of Paddock whose headers these are; `CMakeLists.txt` reads it from here.
#define PADDOCK_VERSION_MAJOR 0
#define PADDOCK_VERSION_MINOR 1
#define PADDOCK_VERSION_PATCH 0
