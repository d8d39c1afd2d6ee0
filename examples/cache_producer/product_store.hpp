#pragma once

#include "product.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace cache_producer {

/// The product store: one table in an SQLite file in WAL mode.
///
/// SQLite, because the lock and not the store is the subject here: it is one file and no server,
/// many processes read it while one writes, and a read that begins after a commit sees it, which is
/// all that is asked of the store. A read replica would not do: it may answer with an old row
/// although the lock is held.
/// Threads: one thread uses one store object; several may be open on one file.
/// Source: https://www.sqlite.org/wal.html.
class product_store {
public:
    /// Opens the file and makes the table if it is missing. Errors: `std::runtime_error`.
    explicit product_store(const std::filesystem::path& file);

    std::optional<product_row> read(std::string_view id);
    std::vector<product_row> read_all();

    /// Inserts the row, or replaces the one with its id.
    void write(const product_row& row);

private:
    struct closer {
        void operator()(sqlite3* database) const noexcept;
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    using statement = std::unique_ptr<sqlite3_stmt, closer>;

    void execute(const char* sql);
    statement prepare(const char* sql);
    bool step(sqlite3_stmt* prepared);
    [[noreturn]] void fail(const char* doing) const;

    std::unique_ptr<sqlite3, closer> database_;
    statement read_;
    statement read_all_;
    statement write_;
};

} // namespace cache_producer
