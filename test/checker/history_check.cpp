/// Judges the histories that the processes of a test wrote, together:
///
///     history_check [OPTION...] FILE...
///
/// Prints the numbers and what breaks a rule. Exits with 0 when nothing does, with 1 when something
/// does, with 2 when it was called wrongly or cannot read a file.

#include "test/checker/check.hpp"
#include "test/checker/history_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace paddock::checker;

namespace {

constexpr std::string_view usage =
    "usage: history_check [OPTION...] FILE...\n"
    "  --resolve-within MS  how long calls may wait once faults are over (60000)\n"
    "  --serve-within MS    by when after the faults a client must be granted something (not at "
    "all)\n"
    "  --idle-within MS     how long a key may be wanted and not held in calm (60000)\n"
    "  --recovery MS        how much of the beginning of a calm is not judged (0)\n"
    "  --limit-grace MS     what is added to the limits of calls (0)\n"
    "  --signal-grace MS    how much later than the next grant a loss may be told (0)\n"
    "  --death-grace MS     how long after its death a client may act (0)\n"
    "  --grants-min N       the least number of grants (1)\n"
    "  --writes-min N       the least number of accepted writes (0)\n"
    "  --listed-max N       how many violations of a rule are listed (10)\n"
    "  --shared-tokens      keys may share tokens\n"
    "  --regrants           a client may be granted its last token again\n"
    "  --without RULE       leaves a rule out, such as fifo; may be given several times\n";

struct wishes {
    rules wanted;
    std::vector<std::string> files;
};

std::uint64_t number_in(std::string_view option, std::string_view text)
{
    // Some centuries in milliseconds: what is larger would overflow as nanoseconds.
    constexpr std::uint64_t largest = 1'000'000'000'000;
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size() || value > largest)
        throw std::invalid_argument(std::string(option) + " takes a number up to 10^12");
    return value;
}

void leave_out(rules& wanted, std::string_view name)
{
    const auto which = rule_named(name);
    if (!which)
        throw std::invalid_argument("there is no rule " + std::string(name));
    wanted.set(*which, false);
}

// False when there is no such option.
bool set_number(rules& wanted, std::string_view option, std::string_view text)
{
    const auto time = [&] { return std::chrono::milliseconds(number_in(option, text)); };
    if (option == "--resolve-within")
        wanted.resolve_within = time();
    else if (option == "--serve-within")
        wanted.serve_within = time();
    else if (option == "--idle-within")
        wanted.idle_within = time();
    else if (option == "--recovery")
        wanted.recovery = time();
    else if (option == "--limit-grace")
        wanted.limit_grace = time();
    else if (option == "--signal-grace")
        wanted.signal_grace = time();
    else if (option == "--death-grace")
        wanted.death_grace = time();
    else if (option == "--grants-min")
        wanted.grants_min = number_in(option, text);
    else if (option == "--writes-min")
        wanted.writes_min = number_in(option, text);
    else if (option == "--listed-max")
        wanted.listed_max = number_in(option, text);
    else
        return false;
    return true;
}

wishes parse(const std::vector<std::string>& arguments)
{
    wishes result;
    for (std::size_t n = 0; n < arguments.size(); ++n) {
        const auto& argument = arguments[n];
        const bool last = n + 1 == arguments.size();
        if (!argument.starts_with("--"))
            result.files.push_back(argument);
        else if (argument == "--shared-tokens")
            result.wanted.unique_across_keys = false;
        else if (argument == "--regrants")
            result.wanted.regrants = true;
        else if (argument == "--without" && !last)
            leave_out(result.wanted, arguments[++n]);
        else if (last || !set_number(result.wanted, argument, arguments[++n]))
            throw std::invalid_argument("not an option, or without its value: " + argument);
    }
    if (result.files.empty())
        throw std::invalid_argument("no file given");
    return result;
}

history read_all(const std::vector<std::string>& files)
{
    history all;
    for (const auto& file : files)
        if (read_history(file, all).torn)
            std::cout << file << ": the last line is torn, and left out\n";
    return all;
}

int judge(const wishes& call)
{
    const auto result = check(read_all(call.files), call.wanted);
    std::cout << text_of(result.numbers) << text_of(result)
              << (result.clean() ? "no violations\n" : "");
    return result.clean() ? 0 : 1;
}

} // namespace

int main(int count, char** arguments)
{
    try {
        return judge(parse({arguments + 1, arguments + count}));
    } catch (const std::invalid_argument& error) {
        std::cerr << error.what() << '\n' << usage;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
    }
    return 2;
}
