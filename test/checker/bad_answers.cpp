#include "test/checker/bad_history.hpp"

namespace paddock::checker {

using enum rule;

const std::vector<bad_history>& bad_answers()
{
    // clang-format off
    static const std::vector<bad_history> rows{
        // Calls without an answer.
        {"a waiter never served", waiters, "16 4.1 granted #13; 18 4.1 released", "", {answered}},
        {"a waiter in the middle never served", waiters, "13 3.1 granted #12; 15 3.1 released;", "", {answered}},
        {"a limit that passed unanswered", limits, "7 2.1 refused;", "", {answered}},
        {"a stopped waiter that went on and was not answered", limits, "20 3.1 refused;", "", {answered}},
        {"a call behind a release never served", handover, "6 2.1 granted #11; 9 2.1 released", "9 3.1 called; 10 3.1 granted #12; 11 3.1 released", {answered}},
        {"a call behind a death never served", deaths, "12 2.1 granted #11; 14 2.1 released", "", {answered}},
        {"a call behind a loss never served", loss, "10 2.1 granted #11; 12 2.1 released", "", {answered}},
        {"a waiter that did not die after all", deaths, "9 3.0 killed", "9 4.0 killed", {answered}},
        {"a call after healing never answered", healing, "160 4.1 granted #14; 161 4.1 released", "", {answered}},
        {"one more call at the end", handover, "9 2.1 released", "9 2.1 released; 9 2.2 called", {answered}},
        {"one more call of a key of its own", two_keys, "0 1.1 called @a;", "0 1.1 called @a; 0 7.1 called @c;", {answered}},

        // Answers too late after healing.
        {"a waiter refused long after healing", healing, "149 3.1 refused", "151 3.1 refused", {resolved}},
        {"a waiter granted long after healing", healing, "111 2.1 granted #11; 113 2.1 released", "151 2.1 granted #11; 151 2.1 released;", {resolved}},
        {"a call after healing granted late", healing, "160 4.1 granted #14; 161 4.1 released", "171 4.1 granted #14; 172 4.1 released", {resolved}},
        {"a call after healing refused late", healing, "160 4.1 granted #14; 161 4.1 released", "900 4.1 refused", {resolved, idle_key}},
        {"healing long before anybody noticed", healing, "100 0.0 quiet", "30 0.0 quiet", {resolved}},
        {"a pause that ended too early to be an excuse", healing, "149 3.1 refused", "101 3.0 paused; 102 3.0 resumed; 153 3.1 refused", {resolved}},

        // Clients that are granted nothing once faults are over.
        {"a client granted only what it asked for before", service, "110 2.2 called; 140 2.2 granted #12; 141 2.2 released;", "", {served}},
        {"a client refused what it asked for", service, "140 2.2 granted #12; 141 2.2 released", "140 2.2 refused", {served}},
        {"a client that asked in time and was granted late", service, "149 4.1 granted #13; 150 4.1 released", "151 4.1 granted #13; 152 4.1 released", {served}},
        {"a client that asked late", service, "120 4.1 called; 149 4.1 granted #13; 150 4.1 released", "170 4.1 called; 171 4.1 granted #13; 172 4.1 released", {served}},
        {"a client without a grant that did not die", service, "131 3.0 killed", "", {served}},
        {"a client without a grant that died late", service, "131 3.0 killed", "151 3.0 killed", {served}},
        {"a client granted late after it went on", service, "205 5.2 granted #14; 206 5.2 released", "211 5.2 granted #14; 211 5.2 released", {served}},
        {"a client that went on and did not ask", service, "161 5.2 called; 205 5.2 granted #14; 206 5.2 released", "", {served}},

        // Errors without a cause.
        {"an error that nobody knows", errors, "7 2.1 refused #1", "7 2.1 refused #4", {error_cause}},
        {"a call that was cancelled by nobody", errors, "2 2.1 called #5", "2 2.1 called", {error_cause}},
        {"a call that was cancelled before anybody did", errors, "7 2.1 refused #1", "6 2.1 refused #1", {error_cause}},
        {"a call whose limit passed, cancelled", errors, "70 3.1 refused", "70 3.1 refused #1", {error_cause}},
        {"a session that nobody closed", errors, "15 2.0 closed;", "", {error_cause}},
        {"a session that another client closed", errors, "15 2.0 closed", "15 3.0 closed", {error_cause}},
        {"a session that was closed before the call, and after its end", errors, "40 2.0 closed;", "", {error_cause}},
        {"a session that was closed after the answer", errors, "15 2.0 closed", "21 2.0 closed", {error_cause}},
        {"a session lost in calm", errors, "119 3.3 called", "120 3.3 called", {error_cause}},
        {"a session lost just before the next fault", errors, "201 3.4 refused #3", "200 3.4 refused #3", {error_cause}},
        {"a fault that was over before", errors, "200 0.0 calm_ends", "230 0.0 calm_ends", {error_cause}},
        {"a session lost once faults were over", errors, "353 4.1 refused #1", "353 4.1 refused #3", {error_cause}},

        // Keys that stand still in calm.
        {"a waiter that nobody wakes", calms, "215 2.1 granted #11; 216 2.1 released", "221 2.1 granted #11; 222 2.1 released", {idle_key}},
        {"a waiter woken by the next fault only", calms, "215 2.1 granted #11; 216 2.1 released", "301 2.1 granted #11; 302 2.1 released", {idle_key}},
        {"a calm that had begun before", calms, "100 0.0 calm_begins", "90 0.0 calm_begins", {idle_key}},
        {"a calm that went on", calms, "300 0.0 calm_ends", "395 0.0 calm_ends", {idle_key}},
        {"a calm that was never interrupted", calms, "300 0.0 calm_ends; 500 0.0 calm_begins", "", {idle_key}},
        {"faults that were over", calms, "500 0.0 calm_begins", "400 0.0 quiet", {idle_key, resolved}},
        {"waiters with a limit, one behind the other", calms, "665 5.1 called =50", "655 5.1 called =60", {idle_key}},
        {"a waiter that did not stand still", calms, "730 6.0 paused; 860 6.0 resumed;", "", {idle_key}},
        {"a waiter that went on too soon", calms, "860 6.0 resumed", "790 6.0 resumed", {idle_key}},
        {"a waiter that died too late", calms, "1005 7.0 killed", "1015 7.0 killed", {idle_key}},
        {"a holder that let go long before the next grant", calms, "1200 8.1 released", "1100 8.1 released", {idle_key}},
        {"a holder that nobody saw believe after its death", calms, "1200 8.1 released", "1150 8.0 killed", {idle_key}},
        {"a grant that was lost at once", calms, "550 3.1 granted #12; 551 3.1 released", "550 3.1 granted #12; 550 3.1 lost; 551 3.1 lost_signalled; 552 3.2 called; 653 3.2 refused", {idle_key}},

        // Limits.
        {"a limit exceeded by a refusal", limits, "7 2.1 refused", "8 2.1 refused", {limit}},
        {"a limit exceeded by far", limits, "7 2.1 refused", "28 2.1 refused", {limit}},
        {"a limit exceeded by a grant", limits, "28 4.1 called =5; 30 4.1 granted", "24 4.1 called =5; 30 4.1 granted", {limit}},
        {"a limit that was shorter", limits, "2 2.1 called =5", "2 2.1 called =4", {limit}},
        {"a limit for a call that had none", handover, "2 2.1 called", "2 2.1 called =3", {limit}},
        {"a limit of the first of a queue", waiters, "2 2.1 called", "2 2.1 called =7", {limit}},
        {"a stopped waiter that answers long after it went on", limits, "20 3.0 resumed; 20 3.1 refused", "20 3.0 resumed; 25 3.1 refused", {limit}},
        {"a waiter that was stopped after its limit", limits, "4 3.0 paused; 20 3.0 resumed; 20 3.1 refused", "20 3.1 refused", {limit}},
        {"a limit exceeded in another key", two_keys, "2 2.1 called", "2 2.1 called =2", {limit}},

        // The signal of a loss.
        {"a loss that nobody is told of", loss, "9 1.1 lost_signalled;", "", {lost_signal}},
        {"a loss told twice", loss, "9 1.1 lost_signalled", "9 1.1 lost_signalled; 9 1.1 lost_signalled", {lost_signal}},
        {"a loss told twice, the second time late", loss, "9 1.1 lost_signalled", "9 1.1 lost_signalled; 15 1.1 lost_signalled", {lost_signal}},
        {"a loss told after the next grant", loss, "9 1.1 lost_signalled", "11 1.1 lost_signalled", {lost_signal}},
        {"a loss told after the next release", loss, "9 1.1 lost_signalled", "13 1.1 lost_signalled", {lost_signal}},
        {"a loss told while the hold was believed", loss, "9 1.1 lost_signalled", "7 1.1 lost_signalled", {lost_signal}},
        {"a loss told at the grant", loss, "9 1.1 lost_signalled", "1 1.1 lost_signalled", {lost_signal}},
        {"a loss told to the holder of another hold", loss, "9 1.1 lost_signalled", "10 2.1 lost_signalled", {lost_signal}},
        {"a loss told after a release", handover, "5 1.1 released", "5 1.1 released; 5 1.1 lost_signalled", {lost_signal}},
        {"a loss told before a release", handover, "5 1.1 released", "4 1.1 lost_signalled; 5 1.1 released", {lost_signal}},
        {"a loss told of the last hold, which goes on", loss, "12 2.1 released", "12 2.1 lost_signalled", {hold_ends, lost_signal}},
        {"the loss of the last hold never told", loss, "12 2.1 released", "12 2.1 lost", {lost_signal}},
        {"a stopped holder that went on and was never told", stop, "21 1.1 lost_signalled", "", {lost_signal}},
        {"a late signal that a pause does not excuse, it was another's", stop, "4 1.0 paused; 8 1.1 lost;\n       20 1.0 resumed", "4 2.0 paused; 8 1.1 lost; 9 2.0 resumed", {lost_signal}},
        {"a late signal that a pause does not excuse, it was over", stop, "4 1.0 paused; 8 1.1 lost;\n       20 1.0 resumed", "4 1.0 paused; 8 1.1 lost; 6 1.0 resumed", {lost_signal}},
        {"a writer that was not told of its loss", writes, "6 1.1 lost_signalled;", "", {lost_signal}},
        {"a writer that was told too late", writes, "6 1.1 lost_signalled", "9 1.1 lost_signalled", {lost_signal}},
    };
    // clang-format on
    return rows;
}

} // namespace paddock::checker
