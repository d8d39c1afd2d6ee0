#include "test/checker/bad_history.hpp"

namespace paddock::checker {

using enum rule;

const std::vector<bad_history>& bad_resources()
{
    // clang-format off
    static const std::vector<bad_history> rows{
        // The order of writes.
        {"a late write that was accepted", writes, "10 1.1 write_refused #10", "10 1.1 written #10 =4", {write_order}},
        {"a late write that was accepted much later", writes, "10 1.1 write_refused #10", "90 1.1 written #10 =4", {write_order}},
        {"a write that the resource numbered before an older one", writes, "9 2.1 written #11 =3", "9 2.1 written #11 =1", {write_order}},
        {"a write that the resource put between two older ones", writes, "2 1.1 written #10 =1; 3 1.1 written #10 =2", "2 1.1 written #10 =1; 3 1.1 written #10 =4", {write_order}},
        {"a late write after the last release", writes, "12 2.1 released", "12 2.1 released; 13 1.1 written #10 =4", {write_order}},

        // Tokens that were not granted.
        {"a write with a token that nobody was granted", writes, "9 2.1 written #11", "9 2.1 written #12", {write_token}},
        {"a first write with a token that nobody was granted", writes, "2 1.1 written #10", "2 1.1 written #7", {write_token}},
        {"a write with the other client's token", writes, "9 2.1 written #11", "9 3.1 written #11", {write_token}},
        {"a write without a token", writes, "2 1.1 written #10", "2 1.1 written", {write_token}},
        {"a write before the grant", writes, "2 1.1 written #10", "0 1.1 written #10", {write_token}},
        {"a write before the next grant", writes, "9 2.1 written #11", "7 2.1 written #11", {write_token}},
        {"a write with a token from the future", writes, "3 1.1 written #10 =2", "3 1.1 written #11 =2", {write_token}},
        {"a write with a token of another key", writes, "2 1.1 written #10 =1", "2 1.1 written #10 =1 @other", {write_token}},
        {"an increment with a token that nobody was granted", counter, "8 2.1 incremented #11", "8 2.1 incremented #12", {write_token}},
        {"an increment with an old token of another client", counter, "8 2.1 incremented #11", "8 2.1 incremented #10", {write_token}},
        {"an increment before its grant", exact_counter, "2 1.1 increment_sent; 3 1.1 incremented", "0 1.1 increment_sent; 0 1.1 incremented", {write_token}},

        // Refusals.
        {"a holder whose write was refused", writes, "9 2.1 written", "9 2.1 write_refused #11; 9 2.1 written", {write_refusal}},
        {"a first write that was refused", writes, "2 1.1 written #10 =1", "2 1.1 written #10 =1; 2 1.1 write_refused #10", {write_refusal}},
        {"a write at the instant of the grant that was refused", writes, "9 2.1 written", "8 2.1 write_refused #11; 9 2.1 written", {write_refusal}},
        {"a refusal before the loss", writes, "10 1.1 write_refused", "4 1.1 write_refused", {write_refusal}},

        // Counters.
        {"an acknowledged increment that is missing", exact_counter, "=2", "=1", {increments}},
        {"all acknowledged increments missing", exact_counter, "=2", "=0", {increments}},
        {"an increment too many", exact_counter, "=2", "=3", {increments}},
        {"a counter below zero", exact_counter, "=2", "=-1", {increments}},
        {"a counter that nobody looked at", exact_counter, "99 0.0 final_value =2", "", {increments}},
        {"a counter of another key that was looked at", exact_counter, "final_value =2", "final_value =0 @other", {increments}},
        {"an increment that was refused, and made", exact_counter, "4 1.1 increment_sent; 5 1.1 incremented #10", "4 1.1 increment_sent; 5 1.1 increment_refused", {increments}},
        {"an acknowledged increment more than there are", exact_counter, "5 1.1 incremented #10", "5 1.1 incremented #10; 5 1.2 incremented #10", {increments}},
        {"an increment that was never sent, and made", exact_counter, "2 1.1 increment_sent; 3 1.1 incremented #10;", "", {increments}},
        {"below the acknowledged ones, with some in doubt", counter, "=3", "=1", {increments}},
        {"above the doubtful ones", counter, "=3", "=4", {increments}},
        {"the doubtful one was refused, and is there", counter, "11 2.3 increment_sent", "11 2.3 increment_sent; 12 2.3 increment_refused", {increments}},
        {"the refused one is there beside the doubtful one", counter, "=3", "=5", {increments}},
        {"the doubtful one was never sent, and is there", counter, "11 2.3 increment_sent;", "", {increments}},
        {"an acknowledged one more, lost", counter, "11 2.3 increment_sent", "11 2.3 increment_sent; 12 2.3 incremented #11; 11 2.4 incremented #11", {increments}},
        {"increments of a key without any holder counted elsewhere", counter, "3 1.1 incremented #10", "3 1.1 incremented #10; 3 1.1 incremented @other", {increments}},

        // What is left behind.
        {"a contender left behind", handover, "9 2.1 released", "9 2.1 released; 99 2.1 left_over", {left_over}},
        {"something of a dead client left behind", deaths, "9 3.0 killed", "9 3.0 killed; 99 3.1 left_over", {left_over}},
        {"something of a refused call left behind", limits, "7 2.1 refused", "7 2.1 refused; 99 2.1 left_over", {left_over}},
        {"something left behind that belongs to no key", handover, "9 2.1 released", "9 2.1 released; 99 2.0 left_over @-", {left_over}},
        {"something of a lost hold left behind", loss, "12 2.1 released", "12 2.1 released; 99 1.1 left_over", {left_over}},

        // Traffic.
        {"one grant of two that were demanded", handover, "6 2.1 granted #11; 9 2.1 released", "6 2.1 refused", {traffic}},
        {"no grant at all", exact_counter, exact_counter.script, "0 1.1 called; 1 1.1 refused", {traffic}},
        {"nothing at all", loss, loss.script, "", {traffic}},
        {"one write too few", writes, "9 2.1 written #11 =3;", "", {traffic}},
        {"less calm than was demanded", long_calm, "400 0.0 calm_ends", "390 0.0 calm_ends", {traffic}},
        {"writes that were all refused", writes, "2 1.1 written #10 =1; 3 1.1 written #10 =2;", "", {traffic}},
    };
    // clang-format on
    return rows;
}

} // namespace paddock::checker
