#include "product_store.hpp"

#include <sqlite3.h>
#include <stdexcept>
#include <string>

namespace cache_producer {

namespace {

/// Ends a statement's transaction on every way out: a reader that keeps one open sees old rows.
struct reset_at_exit {
    sqlite3_stmt* statement;
    ~reset_at_exit() { sqlite3_reset(statement); }
};

void bind(sqlite3_stmt* statement, int at, std::string_view text)
{
    // The text outlives the step in all uses below, so SQLite need not copy it.
    sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), nullptr);
}

std::string text_at(sqlite3_stmt* statement, int column)
{
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

product_row row_at(sqlite3_stmt* statement)
{
    return {text_at(statement, 0),
            sqlite3_column_int64(statement, 1),
            sqlite3_column_int64(statement, 2),
            text_at(statement, 3)};
}

} // namespace

void product_store::closer::operator()(sqlite3* database) const noexcept
{
    sqlite3_close_v2(database);
}

void product_store::closer::operator()(sqlite3_stmt* statement) const noexcept
{
    sqlite3_finalize(statement);
}

product_store::product_store(const std::filesystem::path& file)
{
    sqlite3* opened = nullptr;
    const int code = sqlite3_open(file.c_str(), &opened);
    database_.reset(opened);
    if (code != SQLITE_OK)
        fail("open");

    sqlite3_busy_timeout(opened, 10'000); // ms: writers wait for each other, for milliseconds
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = NORMAL");
    execute(
        "CREATE TABLE IF NOT EXISTS products (id TEXT PRIMARY KEY, modify_time INTEGER NOT NULL,"
        " version INTEGER NOT NULL, payload TEXT NOT NULL) WITHOUT ROWID");
    read_ = prepare("SELECT id, modify_time, version, payload FROM products WHERE id = ?1");
    read_all_ = prepare("SELECT id, modify_time, version, payload FROM products ORDER BY id");
    write_ = prepare("INSERT INTO products VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET"
                     " modify_time = ?2, version = ?3, payload = ?4");
}

std::optional<product_row> product_store::read(std::string_view id)
{
    const reset_at_exit guard{read_.get()};
    bind(read_.get(), 1, id);
    if (!step(read_.get()))
        return std::nullopt;
    return row_at(read_.get());
}

std::vector<product_row> product_store::read_all()
{
    const reset_at_exit guard{read_all_.get()};
    std::vector<product_row> rows;
    while (step(read_all_.get()))
        rows.push_back(row_at(read_all_.get()));
    return rows;
}

void product_store::write(const product_row& row)
{
    const reset_at_exit guard{write_.get()};
    bind(write_.get(), 1, row.id);
    sqlite3_bind_int64(write_.get(), 2, row.modify_time);
    sqlite3_bind_int64(write_.get(), 3, row.version);
    bind(write_.get(), 4, row.payload);
    step(write_.get());
}

void product_store::execute(const char* sql)
{
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        fail(sql);
}

product_store::statement product_store::prepare(const char* sql)
{
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &prepared, nullptr) != SQLITE_OK)
        fail(sql);
    return statement(prepared);
}

bool product_store::step(sqlite3_stmt* prepared)
{
    const int code = sqlite3_step(prepared);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        fail(sqlite3_sql(prepared));
    return code == SQLITE_ROW;
}

void product_store::fail(const char* doing) const
{
    throw std::runtime_error(std::string("product store: ") + doing + ": " +
                             sqlite3_errmsg(database_.get()));
}

} // namespace cache_producer
