/// PostgreSQL's advisory locks as the conductor's contestant, for orientation: `postgres_driver
/// HOST:PORT NAME`. Many keys are pipelined on one connection; there is no fencing token.

#include "protocol.hpp"

#include <cstddef>
#include <exception>
#include <iostream>
#include <libpq-fe.h>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

/// One session: it holds the locks, and loses them when it ends.
class connection {
public:
    explicit connection(const std::string& address)
    {
        const auto colon = address.rfind(':');
        const auto where = "host=" + address.substr(0, colon) +
                           " port=" + address.substr(colon + 1) + " user=postgres dbname=postgres";
        handle_.reset(PQconnectdb(where.c_str()));
        if (PQstatus(handle_.get()) != CONNECTION_OK)
            fail();
        prepare("take", "SELECT pg_advisory_lock($1)");
        prepare("give", "SELECT pg_advisory_unlock($1)");
        if (PQenterPipelineMode(handle_.get()) != 1)
            fail();
    }

    void lock(std::size_t first, std::size_t count) { run("take", first, count); }
    void unlock(std::size_t first, std::size_t count) { run("give", first, count); }

private:
    using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

    [[noreturn]] void fail() const { throw std::runtime_error(PQerrorMessage(handle_.get())); }

    void prepare(const char* name, const char* statement)
    {
        const result done(PQprepare(handle_.get(), name, statement, 1, nullptr), &PQclear);
        if (PQresultStatus(done.get()) != PGRES_COMMAND_OK)
            fail();
    }

    /// The statement for each of some keys, sent together.
    void run(const char* statement, std::size_t first, std::size_t count)
    {
        for (std::size_t key = first; key < first + count; ++key) {
            const auto text = std::to_string(key);
            const char* const values[] = {text.c_str()};
            if (PQsendQueryPrepared(handle_.get(), statement, 1, values, nullptr, nullptr, 0) != 1)
                fail();
        }
        if (PQpipelineSync(handle_.get()) != 1)
            fail();
        for (std::size_t each = 0; each < count; ++each) {
            expect(PGRES_TUPLES_OK);
            const result end(PQgetResult(handle_.get()), &PQclear); // none: the statement's end
        }
        expect(PGRES_PIPELINE_SYNC);
    }

    void expect(ExecStatusType status)
    {
        const result got(PQgetResult(handle_.get()), &PQclear);
        if (PQresultStatus(got.get()) != status)
            fail();
    }

    std::unique_ptr<PGconn, decltype(&PQfinish)> handle_{nullptr, &PQfinish};
};

class contestant {
public:
    explicit contestant(std::string address) : address_(std::move(address)), own_(address_) {}

    bench::measured solo(const bench::task& wanted)
    {
        bench::turn turn(wanted.lasts);
        for (std::size_t round = 0; !turn.over(); ++round) {
            own_.lock(round % wanted.in_flight, 1);
            own_.unlock(round % wanted.in_flight, 1);
            turn.done();
        }
        return turn.result_with_median();
    }

    bench::measured keys(const bench::task& wanted)
    {
        bench::turn turn(wanted.lasts);
        while (!turn.over()) {
            own_.lock(0, wanted.in_flight);
            own_.unlock(0, wanted.in_flight);
            for (std::size_t each = 0; each < wanted.in_flight; ++each)
                turn.done();
        }
        return turn.result();
    }

    bench::measured hand_off(const bench::task& wanted)
    {
        std::vector<connection> sessions;
        for (std::size_t each = 0; each < wanted.in_flight; ++each)
            sessions.emplace_back(address_);
        bench::turn turn(wanted.lasts);
        std::mutex counting;
        std::vector<std::thread> threads;
        threads.reserve(sessions.size());
        for (auto& session : sessions) {
            threads.emplace_back([&] {
                while (!turn.over()) {
                    session.lock(0, 1);
                    session.unlock(0, 1);
                    const std::lock_guard alone(counting);
                    turn.done();
                }
            });
        }
        for (auto& thread : threads)
            thread.join();
        return turn.result();
    }

private:
    const std::string address_;
    connection own_;
};

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: postgres_driver HOST:PORT NAME\n";
        return 2;
    }
    try {
        contestant self(argv[1]);
        return bench::serve({
            {"solo_confirmed", [&](const auto& wanted) { return self.solo(wanted); }},
            {"keys", [&](const auto& wanted) { return self.keys(wanted); }},
            {"hand_off", [&](const auto& wanted) { return self.hand_off(wanted); }},
        });
    } catch (const std::exception& failure) {
        std::cerr << "postgres_driver: " << failure.what() << '\n';
        return 1;
    }
}
