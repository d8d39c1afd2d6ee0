#include "test/checker/bad_history.hpp"

namespace paddock::checker {

using enum rule;

const std::vector<bad_history>& bad_records()
{
    // clang-format off
    static const std::vector<bad_history> rows{
        {"a grant without a call", handover, "0 1.1 called;", "", {sound}},
        {"a refusal without a call", limits, "2 2.1 called =5;", "", {sound}},
        {"a call that began twice", handover, "0 1.1 called", "0 1.1 called; 0 1.1 called", {sound}},
        {"a grant recorded twice", handover, "1 1.1 granted #10", "1 1.1 granted #10; 1 1.1 granted #10", {sound}},
        {"a call granted two tokens", handover, "1 1.1 granted #10", "1 1.1 granted #10; 2 1.1 granted #11", {sound}},
        {"a call granted and refused", handover, "1 1.1 granted #10", "1 1.1 granted #10; 1 1.1 refused", {sound}},
        {"a call refused twice", limits, "7 2.1 refused", "7 2.1 refused; 7 2.1 refused", {sound}},
        {"a grant before the call", waiters, "0 1.1 called; 1 1.1 granted", "2 1.1 called; 1 1.1 granted", {sound, answered}},
        {"a refusal before the call", limits, "2 2.1 called =5; 7 2.1 refused", "8 2.1 called =5; 7 2.1 refused", {sound, answered}},
        {"a grant without a token", waiters, "#10", "", {sound, answered}},
        {"a grant with a token below zero", waiters, "#10", "#-10", {sound, answered}},
        {"a hold released twice", handover, "5 1.1 released", "5 1.1 released; 5 1.1 released", {sound}},
        {"a hold released and lost", handover, "5 1.1 released", "5 1.1 released; 5 1.1 lost", {sound}},
        {"a release before the grant", handover, "5 1.1 released", "0 1.1 released", {sound, hold_ends, one_believer}},
        {"a loss before the grant", loss, "8 1.1 lost;", "0 1.1 lost;", {sound, hold_ends, one_believer, lost_signal}},
        {"a release of what was refused", limits, "7 2.1 refused", "7 2.1 refused; 8 2.1 released", {sound}},
        {"a loss of what was refused", limits, "7 2.1 refused", "7 2.1 refused; 8 2.1 lost", {sound}},
        {"a loss signalled to a waiter", limits, "7 2.1 refused", "6 2.1 lost_signalled; 7 2.1 refused", {sound}},
        {"a release before any answer", waiters, "16 4.1 granted #13; 18 4.1 released", "18 4.1 released", {sound, answered}},
        {"a release by another client", handover, "5 1.1 released", "5 3.1 released", {sound, hold_ends, one_believer, answered}},
        {"a release of another attempt", handover, "9 2.1 released", "9 2.2 released", {sound, hold_ends, answered}},
        {"a release in another key", two_keys, "9 1.1 released @a", "9 1.1 released @b", {sound, hold_ends, answered}},
        {"two attempts under one number", healing, "120 4.1 called; 160 4.1 granted #14; 161 4.1 released", "120 1.1 called; 160 1.1 granted #14; 161 1.1 released", {sound}},
        {"a call after death", deaths, "9 3.0 killed", "9 3.0 killed; 10 3.2 called", {sound}},
        {"a refusal after death", deaths, "9 3.0 killed", "9 3.0 killed; 10 3.1 refused", {sound}},
        {"a release after death", deaths, "6 1.0 killed", "6 1.0 killed; 7 1.1 released", {sound}},
        {"a loss told after death", deaths, "6 1.0 killed", "5 1.1 lost; 6 1.0 killed; 7 1.1 lost_signalled", {sound}},
        {"a belief before the grant", deaths, "5 1.1 believed", "0 1.1 believed", {sound}},
        {"a belief in what was refused", limits, "7 2.1 refused", "7 2.1 refused; 7 2.1 believed", {sound}},
        {"a belief after the release", handover, "5 1.1 released", "5 1.1 released; 6 1.1 believed", {sound, hold_ends, one_believer}},
        {"a client that died twice", deaths, "6 1.0 killed", "6 1.0 killed; 7 1.0 killed", {sound}},
        {"a pause in a pause", stop, "4 1.0 paused", "4 1.0 paused; 5 1.0 paused", {sound}},
        {"a resumption twice", stop, "20 1.0 resumed", "20 1.0 resumed; 20 1.0 resumed", {sound}},
        {"a resumption of one that ran", handover, "5 1.1 released", "5 1.1 released; 5 1.0 resumed", {sound}},
        {"a calm in a calm", calms, "500 0.0 calm_begins", "500 0.0 calm_begins; 501 0.0 calm_begins", {sound}},
        {"a calm that ended twice", calms, "300 0.0 calm_ends", "300 0.0 calm_ends; 301 0.0 calm_ends", {sound}},
        {"two final values", exact_counter, "=2", "=2; 99 0.0 final_value =2", {sound}},
        {"two final values that differ", exact_counter, "99 0.0 final_value =2", "98 0.0 final_value =1; 99 0.0 final_value =2", {sound}},
        {"a call of no key", handover, "9 2.1 released", "9 2.1 released; 9 3.1 called @-", {sound}},
        {"a write to no key", handover, "9 2.1 released", "9 2.1 released; 8 2.1 written #11 @-", {sound}},
    };
    // clang-format on
    return rows;
}

} // namespace paddock::checker
