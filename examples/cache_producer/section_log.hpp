#pragma once

#include <paddock/clock.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cache_producer {

enum class section_step {
    enter,    ///< the lock of the product was granted
    leave,    ///< the work is over; `note` is its outcome
    lost,     ///< the lock was found lost: the section had ended by itself, at some time before
    killed,   ///< the demo killed this instance
    stopped,  ///< the demo stopped this instance
    ensemble, ///< the demo killed the ensemble's leader
};

std::string_view to_string(section_step step) noexcept;

/// One line of the log.
struct section_record {
    section_step step{section_step::enter};
    std::string instance;
    std::uint64_t section{0}; ///< counts the sections of one instance, from 1
    std::string product;
    std::int64_t token{0};
    std::string note;
    paddock::boot_clock::time_point at{};
};

/// The append-only log of who was inside the critical section of which product.
///
/// A file opened for appending, one write for each line: the kernel puts the lines of all processes
/// into one order, and they survive the SIGKILL of their writer. It is made on purpose without the
/// lock and without Redis, which it is evidence about.
/// Threads: any.
/// Limits: one machine.
/// Source: open(2), O_APPEND.
class section_log {
public:
    /// Errors: `std::system_error`.
    explicit section_log(const std::filesystem::path& file);
    section_log(const section_log&) = delete;
    section_log& operator=(const section_log&) = delete;
    ~section_log();

    /// Appends one record; its `at` is filled in. Names must not contain white space.
    void append(section_record record);

private:
    int fd_;
};

/// Reads a log in its order. Errors: `std::runtime_error`, naming the line that is none.
std::vector<section_record> read_section_log(const std::filesystem::path& file);

} // namespace cache_producer
