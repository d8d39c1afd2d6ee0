#pragma once

/// Good small histories, each with a different thing going on, to be spoilt by tests.

#include "test/checker/rules.hpp"

#include <string_view>

namespace paddock::checker {

/// A good history and the rules to check it by.
struct situation {
    std::string_view script; // see told_by()
    rules by;
};

/// The rules of the situations: times small enough for scripts in milliseconds.
inline rules small_rules(std::uint64_t grants_min = 1, std::uint64_t writes_min = 0)
{
    rules by;
    by.resolve_within = std::chrono::milliseconds(50);
    by.idle_within = std::chrono::milliseconds(100);
    by.recovery = std::chrono::milliseconds(20);
    by.grants_min = grants_min;
    by.writes_min = writes_min;
    return by;
}

/// One client after the other; the second calls while the first holds.
inline const situation handover{
    R"(0 1.1 called; 1 1.1 granted #10; 5 1.1 released;
       2 2.1 called; 6 2.1 granted #11; 9 2.1 released)",
    small_rules(2)};

/// Three wait together behind a fourth.
inline const situation waiters{
    R"(0 1.1 called; 1 1.1 granted #10; 9 1.1 released;
       2 2.1 called; 10 2.1 granted #11; 12 2.1 released;
       3 3.1 called; 13 3.1 granted #12; 15 3.1 released;
       4 4.1 called; 16 4.1 granted #13; 18 4.1 released)",
    small_rules()};

/// A hold is lost, its holder is told, another one is granted.
inline const situation loss{
    R"(0 1.1 called; 1 1.1 granted #10; 8 1.1 lost; 9 1.1 lost_signalled;
       2 2.1 called; 10 2.1 granted #11; 12 2.1 released)",
    small_rules()};

/// One dies holding, one dies waiting.
inline const situation deaths{
    R"(0 1.1 called; 1 1.1 granted #10; 5 1.1 believed; 6 1.0 killed;
       3 3.1 called; 9 3.0 killed;
       2 2.1 called; 12 2.1 granted #11; 14 2.1 released)",
    small_rules()};

/// A holder is stopped, loses its hold meanwhile, and hears of it when it goes on.
inline const situation stop{
    R"(0 1.1 called; 1 1.1 granted #10; 4 1.0 paused; 8 1.1 lost;
       20 1.0 resumed; 21 1.1 lost_signalled;
       2 2.1 called; 10 2.1 granted #11; 13 2.1 released)",
    small_rules()};

/// Limits: one passes, one is kept, and one passes while its client stands still.
inline const situation limits{
    R"(0 1.1 called; 1 1.1 granted #10; 29 1.1 released;
       2 2.1 called =5; 7 2.1 refused;
       3 3.1 called =4; 4 3.0 paused; 20 3.0 resumed; 20 3.1 refused;
       28 4.1 called =5; 30 4.1 granted #13; 32 4.1 released)",
    small_rules()};

/// The first holder writes, loses its hold, and writes too late.
inline const situation writes{
    R"(0 1.1 called; 1 1.1 granted #10; 2 1.1 written #10 =1; 3 1.1 written #10 =2;
       5 1.1 lost; 6 1.1 lost_signalled; 10 1.1 write_refused #10;
       4 2.1 called; 8 2.1 granted #11; 9 2.1 written #11 =3; 12 2.1 released)",
    small_rules(1, 3)};

/// Two increments are acknowledged, one is refused, one stays in doubt and was made.
inline const situation counter{
    R"(0 1.1 called; 1 1.1 granted #10; 4 1.1 released;
       2 1.1 increment_sent; 3 1.1 incremented #10;
       5 2.1 called; 6 2.1 granted #11; 12 2.1 released;
       7 2.1 increment_sent; 8 2.1 incremented #11;
       9 2.2 increment_sent; 10 2.2 increment_refused;
       11 2.3 increment_sent;
       99 0.0 final_value =3)",
    small_rules()};

/// Two increments, and nothing in doubt: the counter is known exactly.
inline const situation exact_counter{
    R"(0 1.1 called; 1 1.1 granted #10; 6 1.1 released;
       2 1.1 increment_sent; 3 1.1 incremented #10; 4 1.1 increment_sent; 5 1.1 incremented #10;
       99 0.0 final_value =2)",
    small_rules()};

/// Faults end at 100 ms; what waited then, and what called later, is answered soon.
inline const situation healing{
    R"(0 1.1 called; 1 1.1 granted #10; 110 1.1 released;
       2 2.1 called; 111 2.1 granted #11; 113 2.1 released;
       3 3.1 called; 149 3.1 refused;
       100 0.0 quiet;
       120 4.1 called; 160 4.1 granted #14; 161 4.1 released)",
    small_rules()};

/// Keys that stand still for as long as they may: before a calm, at its beginning, beyond its end;
/// for waiters with a limit, one that stands still and one that dies.
inline const situation calms{
    R"(0 1.1 called; 1 1.1 granted #10; 5 1.1 released;
       5 2.1 called; 215 2.1 granted #11; 216 2.1 released;
       100 0.0 calm_begins; 300 0.0 calm_ends; 500 0.0 calm_begins;
       290 3.1 called; 550 3.1 granted #12; 551 3.1 released;
       600 4.1 called =60; 660 4.1 refused; 665 5.1 called =50; 715 5.1 refused;
       720 6.1 called; 730 6.0 paused; 860 6.0 resumed; 900 6.1 granted #13; 901 6.1 released;
       910 7.1 called; 1005 7.0 killed;
       1020 8.1 called; 1021 8.1 granted #15; 1200 8.1 released; 1025 9.1 called;
       1210 9.1 granted #16; 1211 9.1 released)",
    small_rules()};

/// Faults end at 100 ms: one client died before, one dies after, the others are served; one of them
/// stood still and begins to ask late.
inline const situation service{
    R"(0 1.1 called; 1 1.1 granted #10; 5 1.1 released; 50 1.0 killed;
       100 0.0 quiet; 90 2.1 called; 104 2.1 granted #11; 105 2.1 released;
       110 2.2 called; 140 2.2 granted #12; 141 2.2 released;
       80 3.1 called; 130 3.1 refused; 131 3.0 killed;
       120 4.1 called; 149 4.1 granted #13; 150 4.1 released;
       70 5.1 called; 71 5.1 refused; 75 5.0 paused; 160 5.0 resumed;
       161 5.2 called; 205 5.2 granted #14; 206 5.2 released)",
    [] {
        auto by = small_rules();
        by.serve_within = std::chrono::milliseconds(50);
        return by;
    }()};

/// The errors 1, of a call that is cancelled, 2, when a session is closed, and 3, in a fault.
inline const situation errors{
    R"(0 1.1 called; 1 1.1 granted #10; 900 1.1 released;
       2 2.1 called #5; 7 2.1 refused #1; 10 2.2 called; 15 2.0 closed; 20 2.2 refused #2;
       30 2.0 closed; 31 2.3 called; 40 2.0 closed; 41 2.3 refused #2; 50 2.0 closed;
       60 3.1 called =10; 70 3.1 refused;
       100 0.0 calm_begins; 80 3.2 called; 110 3.2 refused #3; 119 3.3 called; 130 3.3 refused #3;
       200 0.0 calm_ends; 190 3.4 called; 201 3.4 refused #3; 210 3.5 called; 220 3.5 refused #3;
       300 0.0 quiet; 299 3.6 called; 340 3.6 refused #3;
       350 4.1 called #3; 353 4.1 refused #1)",
    [] {
        auto by = small_rules();
        by.idle_within = std::chrono::seconds(1);
        by.errors = {{1, cause::cancelled}, {2, cause::closed}, {3, cause::fault}};
        return by;
    }()};

/// Just as much calm as is demanded.
inline const situation long_calm{
    R"(0 1.1 called; 1 1.1 granted #10; 5 1.1 released;
       100 0.0 calm_begins; 400 0.0 calm_ends; 500 0.0 quiet; 540 2.1 called; 541 2.1 refused)",
    [] {
        auto by = small_rules();
        by.calm_min = std::chrono::milliseconds(301);
        return by;
    }()};

/// Two keys at the same time.
inline const situation two_keys{
    R"(0 1.1 called @a; 1 1.1 granted #10 @a; 9 1.1 released @a;
       0 1.2 called @b; 1 1.2 granted #11 @b; 4 1.2 released @b;
       2 2.1 called @b; 5 2.1 granted #12 @b; 9 2.1 released @b)",
    small_rules()};

} // namespace paddock::checker
