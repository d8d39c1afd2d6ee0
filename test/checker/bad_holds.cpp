#include "test/checker/bad_history.hpp"

namespace paddock::checker {

using enum rule;

const std::vector<bad_history>& bad_holds()
{
    // clang-format off
    static const std::vector<bad_history> rows{
        // Two believers.
        {"a release a millisecond after the next grant", handover, "5 1.1 released", "7 1.1 released", {one_believer}},
        {"a release just after the next grant ended", handover, "5 1.1 released", "10 1.1 released", {one_believer}},
        {"a hold around the whole of the next one", handover, "5 1.1 released", "99 1.1 released", {one_believer}},
        {"a grant before the release it waits for", handover, "6 2.1 granted", "4 2.1 granted", {one_believer}},
        {"a grant right after the first grant", handover, "6 2.1 granted", "2 2.1 granted", {one_believer}},
        {"no end of the first hold", handover, "5 1.1 released;", "", {hold_ends, one_believer}},
        {"two grants at one instant", handover, "2 2.1 called; 6 2.1 granted", "0 2.1 called; 1 2.1 granted", {one_believer}},
        {"a grant to the holder's own second call", handover, "2 2.1 called; 6 2.1 granted #11; 9 2.1 released", "2 1.2 called; 4 1.2 granted #11; 9 1.2 released", {one_believer}},
        {"the second waiter granted with the first", waiters, "13 3.1 granted", "11 3.1 granted", {one_believer}},
        {"the last waiter granted while the second holds", waiters, "16 4.1 granted", "14 4.1 granted", {one_believer}},
        {"a hold that spans two others", waiters, "12 2.1 released", "17 2.1 released", {one_believer}},
        {"a holder that believes on to the end of the queue", waiters, "9 1.1 released", "19 1.1 released", {one_believer}},
        {"belief past the loss, into the next hold", loss, "8 1.1 lost; 9 1.1 lost_signalled", "11 1.1 lost; 11 1.1 lost_signalled", {one_believer, lost_signal}},
        {"belief until the very end of the next hold", loss, "8 1.1 lost; 9 1.1 lost_signalled", "12 1.1 lost; 12 1.1 lost_signalled", {one_believer, lost_signal}},
        {"the next grant before the loss", loss, "10 2.1 granted", "7 2.1 granted", {one_believer, lost_signal}},
        {"a grant before the holder died", deaths, "12 2.1 granted", "4 2.1 granted", {one_believer}},
        {"a belief of the dead after the next grant", deaths, "5 1.1 believed; 6 1.0 killed", "13 1.1 believed; 14 1.0 killed", {one_believer}},
        {"no death, and no end", deaths, "6 1.0 killed;", "", {hold_ends, one_believer}},
        {"a stopped client that is believed to hold on", stop, "8 1.1 lost", "20 1.1 lost", {one_believer}},
        {"a stopped client whose key is given away at once", stop, "10 2.1 granted", "5 2.1 granted", {one_believer}},
        {"a grant into the hold of a key that has two", two_keys, "5 2.1 granted", "3 2.1 granted", {one_believer}},
        {"a grant in spite of a limit that had passed for the holder only", limits, "29 1.1 released", "31 1.1 released", {one_believer}},
        {"a writer that holds on while the next one writes", writes, "5 1.1 lost; 6 1.1 lost_signalled", "9 1.1 lost; 9 1.1 lost_signalled", {one_believer, lost_signal}},

        // Holds without an end.
        {"the last hold never released", handover, "9 2.1 released", "", {hold_ends}},
        {"the last of the queue never released", waiters, "18 4.1 released", "", {hold_ends}},
        {"the hold after a death never released", deaths, "14 2.1 released", "", {hold_ends}},
        {"a hold of another key never released", two_keys, "9 1.1 released @a", "", {hold_ends}},
        {"the hold after healing never released", healing, "161 4.1 released", "", {hold_ends}},

        // Tokens.
        {"a token granted twice", handover, "#11", "#10", {token_unique}},
        {"a token granted again in the queue", waiters, "#13", "#12", {token_unique}},
        {"the token of a lost hold granted again", loss, "#11", "#10", {token_unique}},
        {"the token of a dead client granted again", deaths, "#11", "#10", {token_unique}},
        {"one token in two keys", two_keys, "#12", "#10", {token_unique, token_order}},
        {"one token in two keys, rising in each", two_keys, "#10", "#11", {token_unique}},
        {"the first token came back", waiters, "16 4.1 granted #13", "16 4.1 granted #10", {token_unique, fifo}},
        {"a lower token after a release", handover, "#11", "#9", {token_order}},
        {"a lower token after a loss", loss, "#11", "#9", {token_order}},
        {"a lower token after a death", deaths, "#11", "#9", {token_order}},
        {"a lower token after a stop", stop, "#11", "#3", {token_order}},
        {"the first token too high by far", handover, "#10", "#1000000", {token_order}},
        {"tokens that start again", handover, "#11", "#1", {token_order}},
        {"a token that lost its upper half", handover, "#10", "#4294967306", {token_order}},
        {"a fall in the second of two keys", two_keys, "#12", "#9", {token_order}},
        {"the first of a queue lower than the holder", waiters, "#11", "#9", {token_order}},
        {"the second of a queue lower than all before it", waiters, "#12", "#8", {fifo}},
        {"a fall after healing", healing, "#14", "#5", {token_order}},

        // Order among those who wait together.
        {"the first two of a queue exchanged", waiters, "10 2.1 granted #11; 12 2.1 released;\n       3 3.1 called; 13 3.1 granted #12", "10 2.1 granted #12; 12 2.1 released;\n       3 3.1 called; 13 3.1 granted #11", {fifo}},
        {"the last two of a queue exchanged", waiters, "13 3.1 granted #12; 15 3.1 released;\n       4 4.1 called; 16 4.1 granted #13", "13 3.1 granted #13; 15 3.1 released;\n       4 4.1 called; 16 4.1 granted #12", {fifo}},
        {"the first of a queue served last", waiters, "#11", "#14", {fifo}},
        {"the second of a queue served last", waiters, "#12", "#15", {fifo}},
        {"overtaken by one that called at the same time", waiters, "4 4.1 called; 16 4.1 granted #13", "3 4.1 called; 16 4.1 granted #11", {fifo, token_unique}},
        {"overtaken although it called first", handover, "2 2.1 called; 6 2.1 granted #11", "0 2.1 called; 6 2.1 granted #9", {fifo}},
        {"overtaken in the second of two keys", two_keys, "2 2.1 called @b; 5 2.1 granted #12", "0 2.1 called @b; 5 2.1 granted #7", {fifo}},
    };
    // clang-format on
    return rows;
}

} // namespace paddock::checker
